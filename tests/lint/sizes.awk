# SPDX-License-Identifier: MIT
# usage: awk -f sizes.awk sizes.txt FILE...
# Measures functions (the lines between "{" and "}" in column 0), files and lines. Prints what is
# over a hard limit, then one line of report. sizes.txt raises a limit, with a reason.
BEGIN {
	max_function = 80; max_file = 600; max_header = 150; max_columns = 100
}

FILENAME ~ /sizes\.txt$/ { if ($1 !~ /^#/ && NF) raised[$1, $2] = $3; next }
FNR == 1 { file_done(); file = FILENAME; in_function = 0 }
{ lines = FNR }
{
	if (columns($0) > max_columns && !((file, "columns") in raised))
		complain(FNR, columns($0) " columns")
}
/^[a-z].*\)$/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
/^\{/ { in_function = 1; began = FNR }
/^\}/ && in_function { function_done(FNR - began - 1); in_function = 0 }
END {
	file_done()
	asort(length_of)
	printf "sizes: %d files, %d lines; %d functions, median %d, p90 %d, longest %d (%s)\n", files, total,
		functions, length_of[int((functions + 1) / 2)], length_of[int(functions * 0.9)], longest, longest_name
	exit bad
}

function function_done(n) {
	length_of[++functions] = n
	if (n > longest) { longest = n; longest_name = file ":" name }
	if (n > limit(name, max_function))
		complain(began, "function " name " has " n " lines")
}

function columns(line,  i, n, at) {
	if (length(line) * 8 <= max_columns)
		return 0
	n = split(line, part, "\t")
	for (i = 1; i < n; i++)
		at += length(part[i]) - length(part[i]) % 8 + 8
	return at + length(part[n])
}

function file_done() {
	if (!file)
		return
	files++
	total += lines
	if (lines > limit("lines", file ~ /\.h$/ ? max_header : max_file))
		complain(lines, lines " lines")
}

function limit(what, standard) {
	return (file, what) in raised ? raised[file, what] : standard
}

function complain(at, what) {
	printf "%s:%d: %s\n", file, at, what
	bad = 1
}
