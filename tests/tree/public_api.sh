#!/usr/bin/env bash
# The public face is whole: each function that the headers declare is documented, is used in a test or an
# example, and is exported by the shared library, which exports nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LC_ALL=C
library=${GRADUS_BUILD:-build/release}/libgradus.so
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Lines "name file yes|no" for the declarations GD_API ... gd_name(...); and GD_OP(name, ...). Documented is
# what has a comment on its own lines, or stands in a paragraph that a comment opens.
awk '
    function declared(text) { name = text; own = 0 }
    FNR == 1 || /^[ \t]*$/ { opened = 0; name = "" }
    /^[ \t]*\/\*/ && !/^[ \t]*\/\* -/ { opened = 1 }
    /^GD_API / && match($0, /gd_[a-z0-9_]+ *[(;[]/) {
        declared(substr($0, RSTART, RLENGTH - 1))
        end = ";"
    }
    /^GD_(OP|VIEW|UPDATE|FN)\(/ && match($0, /\([a-z0-9_]+/) {
        declared("gd_" substr($0, RSTART + 1, RLENGTH - 1))
        end = "\\)[ \t]*(/\\*|$)"
    }
    name != "" && /\/\*/ { own = 1 }
    name != "" && $0 ~ end {
        sub(/ +$/, "", name)
        print name, FILENAME, opened || own ? "yes" : "no"
        name = ""
    }
' include/gradus/*.h include/gradus/*.inc > "$folder/declared"
cut -d' ' -f1 "$folder/declared" | sort -u > "$folder/names"

# The public words of the tests and the examples, and the words that a macro among them stands for.
find tests examples \( -name '*.c' -o -name '*.h' -o -name '*.sh' \) -exec cat {} + |
    grep -o -i 'gd_[a-z0-9_]*' | sort -u > "$folder/used"
sed -e ':again' -e '/\\$/N; s/\\\n//; t again' include/gradus/*.h |
    sed -n 's/^ *# *define \([gG][dD]_[A-Za-z0-9_]*\)/\1 /p' > "$folder/macros"
awk '
    function use(text, word, found) {
        while (match(text, /[gG][dD]_[A-Za-z0-9_]+/)) {
            word = substr(text, RSTART, RLENGTH)
            text = substr(text, RSTART + RLENGTH)
            if (!(word in used)) found = used[word] = 1
        }
        return found
    }
    FNR == NR { used[$1] = 1; next }
    { body[$1] = substr($0, length($1) + 1) }
    END {
        do {
            found = 0
            for (macro in body)
                if (macro in used && use(body[macro])) found = 1
        } while (found)
        for (word in used) print word
    }' "$folder/used" "$folder/macros" | sort -u > "$folder/reached"

nm -D --defined-only "$library" | awk '{ print $NF }' | sort -u > "$folder/exported"

number=0 failures=0

# none NAME: one test; what comes in is the list of offenders.
none() {
    local verdict=ok offenders
    offenders=$(cat)
    if [ -n "$offenders" ]; then
        verdict="not ok" failures=$((failures + 1))
        echo "$offenders"
    fi
    number=$((number + 1))
    echo "$verdict $number - $1"
}

none "the headers declare functions" < <([ -s "$folder/names" ] || echo "no declaration was found")
none "every public function has a comment" < <(awk '$3 == "no" { print $2 ": " $1 }' "$folder/declared")
none "every public function is used in tests/ or examples/" < <(comm -23 "$folder/names" "$folder/reached")
none "every public function is exported" < <(comm -23 "$folder/names" "$folder/exported")
none "nothing else is exported" < <(comm -13 "$folder/names" "$folder/exported")
exit $((failures > 0))
