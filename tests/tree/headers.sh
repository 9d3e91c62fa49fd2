#!/usr/bin/env bash
# Each public header stands on its own, in C and in C++.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
number=0 failures=0

# expect NAME COMPILER FLAG...: the header, read from a file that includes nothing else, compiles silently.
expect() {
    local header=$1 verdict=ok
    shift
    echo "#include <gradus/${header##*/}>" |
        "$@" -fsyntax-only -Wall -Wextra -Wpedantic -Wconversion -Werror -Iinclude - ||
        { verdict="not ok"; failures=$((failures + 1)); }
    number=$((number + 1))
    echo "$verdict $number - ${header##*/} with $1"
}

compilers=
for compiler in gcc clang g++ clang++; do
    if command -v $compiler > /dev/null; then compilers="$compilers $compiler"; fi
done
for header in include/gradus/*.h; do
    for compiler in $compilers; do
        case $compiler in
        *++) expect "$header" "$compiler" -x c++ ;;
        *) expect "$header" "$compiler" -std=c11 -x c ;;
        esac
    done
done
case $compilers in *++*) ;; *) echo "SKIP no C++ compiler" ;; esac
exit $((failures > 0))
