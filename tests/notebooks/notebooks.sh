#!/usr/bin/env bash
# The programs of examples/notebooks print what the notebooks print, digit for digit: each cell is a test.
#
# Beside a program NAME.c there is NAME.expected here, the notebook's output cell by cell. Its lines begin with
#     In [5]:     the heading of a cell; the program prints it, too
#     = text      what the notebook prints, and the program
#     3 text      the same, but that numbers need agree only to three digits
#     + text      what the program prints beside that
#     - text      what the notebook prints, and the program leaves out,
#     ! reason    and why: behind the lines that it is about
#     ~ text      words of the notebook's that stand within the program's next line
#     # comment
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
programs=${GRADUS_BUILD:-build/release}/examples/notebooks
output=$(mktemp)
trap 'rm -f "$output"' EXIT
export LC_ALL=C
number=0 failed=0

# expect NAME COMMAND...: one test.
expect() {
    local name=$1 verdict=ok
    shift
    "$@" || { verdict="not ok"; failed=1; }
    number=$((number + 1))
    echo "$verdict $number - $name"
}

# cells NAME: compares what is expected with what lies in $output; writes a line for each cell.
cells() {
    awk -v name="$1" -v number="$number" '
        function fault(cell, text) { faults[cell] = faults[cell] "    " text "\n" }
        function near(a, b) { return a == b || (a != 0 && (b / a - 1) ^ 2 < 5e-4 ^ 2) }
        function agree(text, other, a, b, i, n) {
            n = split(text, a, /[: ]/)
            if (split(other, b, /[: ]/) != n) return 0
            for (i = 1; i <= n && near(a[i], b[i]); i++);
            return i > n
        }
        FNR == 1 { file++ }
        file == 1 && /^#/ { next }
        file == 1 && /^In \[/ { cell = $0; order[++cells] = cell; next }
        file == 1 && (mark = substr($0, 1, 1)) ~ /[=+3]/ {
            line = substr($0, 3)
            if (words[cell] != "" && !index(line, words[cell])) fault(cell, "these words are not in the line: " words[cell])
            words[cell] = ""
            expected[cell, ++lines[cell]] = line
            rounded[cell, lines[cell]] = mark == "3"
            next
        }
        file == 1 && mark == "-" { unexplained[cell] = 1; next }
        file == 1 && mark == "!" { unexplained[cell] = 0; next }
        file == 1 && mark == "~" { words[cell] = substr($0, 3); next }
        file == 1 { fault(cell, "a line without a mark: " $0); next }

        # The program: a blank line stands before each heading but the first.
        /^In \[/ {
            if (FNR > 1 && last != "") fault($0, "no blank line before it")
            if (FNR > 1) found[cell]--
            cell = $0
            if (order[++met] != cell) fault(cell, "cell " met " should be " order[met])
            next
        }
        { printed[cell, ++found[cell]] = last = $0 }
        END {
            if (met != cells) fault(order[cells], met + 0 " cells are printed, not " cells)
            for (c = 1; c <= cells; c++) {
                cell = order[c]
                for (i = 1; i <= lines[cell] || i <= found[cell]; i++)
                    if (expected[cell, i] != printed[cell, i] &&
                        !(rounded[cell, i] && agree(expected[cell, i], printed[cell, i])))
                        fault(cell, "expected: " expected[cell, i] "\n    printed:  " printed[cell, i])
                if (unexplained[cell]) fault(cell, "what is left out has no reason")
                printf "%s%s %d - %s %s\n", faults[cell], faults[cell] ? "not ok" : "ok", number + c, name, cell
                failed += faults[cell] != ""
            }
            exit failed > 0
        }' "tests/notebooks/$1.expected" "$output"
}

for source in examples/notebooks/*.c; do
    name=$(basename "$source" .c)
    expect "$name has its expected output" test -e "tests/notebooks/$name.expected"
    expect "$name runs" sh -c "'$programs/$name' > '$output'"
    [ ! -e "tests/notebooks/$name.expected" ] || cells "$name" || failed=1
    number=$((number + $(grep -c '^In \[' "tests/notebooks/$name.expected")))
done
for expected in tests/notebooks/*.expected; do
    name=$(basename "$expected" .expected)
    expect "$name has its program" test -e "examples/notebooks/$name.c"
done
exit $failed
