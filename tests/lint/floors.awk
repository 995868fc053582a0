# SPDX-License-Identifier: MIT
# usage: awk -f floors.awk floors.txt src/...
# Prints every #include that goes up a floor, or sideways without leave.
$1 == "floor" && FILENAME ~ /floors\.txt$/ { floor[$3] = $2; next }
$1 == "allow" && FILENAME ~ /floors\.txt$/ { allow[$2, $3] = 1; next }
$1 == "only" && FILENAME ~ /floors\.txt$/ { door[$2] = $3; next }
FILENAME ~ /floors\.txt$/ { next }

/^[ \t]*#[ \t]*include[ \t]*"/ {
	split(FILENAME, dir, "/")
	split($0, quoted, "\"")
	split(quoted[2], part, "/")
	from = dir[2]
	to = part[1]
	if (!(to in floor) || from == to || !index(quoted[2], "/"))
		next
	if (!(from in floor))
		complain("the room " from " has no floor in floors.txt")
	else if (floor[to] > floor[from])
		complain(from " may not use " to ": it is above")
	else if (floor[to] == floor[from] && !((from, to) in allow))
		complain(from " and " to " are on one floor: needs an allow line")
	else if ((to in door) && quoted[2] != door[to])
		complain("of " to " only " door[to] " is open to others")
}

function complain(why) {
	printf "%s:%d: %s\n", FILENAME, FNR, why
	bad = 1
}

END { exit bad }
