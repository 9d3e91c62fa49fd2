#!/usr/bin/env bash
# The gradus command: what it prints, what it writes, and its exit status: 0, 1 when something failed, 2 when it was
# called wrongly.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
gradus=$(realpath "${GRADUS_BUILD:-build/release}/gradus")
numbers=${1:-build/release/tests/cli/numbers}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
tests=84
echo "1..$tests"

number=0 failures=0

# expect NAME COMMAND...: one test; what it printed is shown when it fails.
expect() {
    local name=$1 verdict=ok
    shift
    "$@" || { verdict="not ok"; failures=$((failures + 1)); sed 's/^/# /' "$place/out" "$place/err"; }
    number=$((number + 1))
    echo "$verdict $number - $name"
}

# answers STATUS OUT ERR ARGUMENT...: gradus ends with this status and prints lines like these; an empty pattern
# stands for nothing at all, a "*" for anything.
answers() {
    local status=0
    "$gradus" "${@:4}" > "$place/out" 2> "$place/err" < /dev/null || status=$?
    [ $status = "$1" ] && has out "$2" && has err "$3"
}

has() {
    case $2 in
    '*') ;;
    '') [ ! -s "$place/$1" ] ;;
    *) grep -q -e "$2" "$place/$1" ;;
    esac
}

# ---- help, and calls that are wrong ----

expect "without a command it says how it is used" answers 2 "" "usage: gradus COMMAND"
expect "--help" answers 0 "usage: gradus COMMAND" "" --help
expect "help" answers 0 "usage: gradus COMMAND" "" help
for command in train evaluate inspect check ops; do
    expect "$command --help" answers 0 "usage: gradus $command" "" $command --help
done
version=$(awk '/define GD_VERSION_/ { v = v dot $3; dot = "." } END { print v }' include/gradus/base.h)
expect "--version" answers 0 "^gradus ${version//./\\.}\$" "" --version
expect "an unknown command" answers 2 "" "there is no command 'tarin'" tarin
expect "an unknown option" answers 2 "*" "there is no option '--stpes'" train data/mnist --stpes 3
expect "a count that is none" answers 2 "*" "no whole number: 'many'" train data/mnist --steps many
expect "a count with a tail" answers 2 "*" "no whole number: '3x'" train data/mnist --steps=3x
expect "a count beyond 64 bits" answers 2 "*" "no whole number: '99999999999999999999'" \
    train data/mnist --steps 99999999999999999999
expect "a number that is none" answers 2 "*" "no number: 'nan'" train data/mnist --lr nan
expect "an unknown dtype" answers 2 "*" "--dtype" train data/mnist --dtype int8
expect "an unknown optimizer" answers 2 "*" "--optimizer is sgd, adagrad" train data/mnist --optimizer adamax
expect "an option without its value" answers 2 "*" "a value must follow '--lr'" train data/mnist --lr
expect "a flag with a value" answers 2 "*" "there is no option '--values=1'" inspect --values=1 x
expect "train without a folder" answers 2 "*" "*" train
expect "evaluate with one operand" answers 2 "*" "*" evaluate model.safetensors

# ---- what can't be read or written ----

expect "a missing folder of images" answers 1 "*" "no-such-folder" train "$place/no-such-folder" --output "$place/none"
expect "no steps" answers 2 "*" "--steps" train data/mnist --steps 0 --output "$place/none"

truncated() {
    mkdir "$place/cut" && cp data/mnist/*.gz "$place/cut" &&
        gzip -d "$place/cut/t10k-labels-idx1-ubyte.gz" && truncate -s 5000 "$place/cut/t10k-labels-idx1-ubyte" &&
        answers 1 "*" "t10k-labels-idx1-ubyte" train "$place/cut" --output "$place/none"
}

expect "a truncated file of labels" truncated
expect "none of them left a model" [ ! -e "$place/none/model.safetensors" ]
: > "$place/file"
expect "a file in the place of the output folder" answers 1 "*" "$place/file" \
    train data/mnist --steps 1 --output "$place/file"
expect "a missing model" answers 1 "" "no-such-model" evaluate "$place/no-such-model" data/mnist
expect "a file that is no archive" answers 1 "" "file" inspect "$place/file"

# ---- train, evaluate, inspect ----

steps=20 out=$place/a/b
expect "train makes the folder, the model and the history" answers 0 "$out/model.safetensors" "" \
    train data/mnist --steps $steps --hidden 10 --lr 0.5 --output "$out"

history_is_whole() {
    awk -F , -v steps=$steps '
        NR == 1 { bad += $0 != "step,loss,train_accuracy,test_accuracy"; next }
        $1 != NR - 2 || NF != 4 || $2 !~ /^[0-9.e-]+$/ { bad++ }
        ($1 == 0 || $1 == steps - 1) != ($3 != "" && $4 != "") { bad++ }
        END { exit bad || NR != steps + 1 }' "$out/history.csv"
}

expect "the history has a header and a line a step" history_is_whole

learning_curve_is_drawn() {
    [ "$(tail -n 1 "$out/history.svg")" = "</svg>" ] && grep -q ": $steps steps<" "$out/history.svg" &&
        grep -q 'class="test"' "$out/history.svg"
}

expect "the learning curve is drawn" learning_curve_is_drawn

# evaluates OUT: evaluate prints the accuracies of the last line of the training's history.
evaluates() {
    local accuracies
    accuracies=$(awk -F , 'END { printf "train %.4f  test %.4f\n", $3, $4 }' "$1/history.csv")
    answers 0 "^$accuracies\$" "" evaluate "$1/model.safetensors" data/mnist
}

expect "evaluate prints what the training measured last" evaluates "$out"

lists_the_parameters() {
    answers 0 "*" "" inspect "$out/model.safetensors" && diff - "$place/out" << 'END'
0.W                      float32  (784, 10)
0.b                      float32  (10,)
2.W                      float32  (10, 10)
2.b                      float32  (10,)
END
}

expect "inspect lists the parameters" lists_the_parameters
expect "inspect --values prints numbers too" answers 0 "^tensor(\\[" "" inspect --values "$out/model.safetensors"

the_same_again() {
    answers 0 "*" "" train data/mnist --steps $steps --hidden 10 --lr 0.5 --output "$place/again" &&
        cmp "$out/history.csv" "$place/again/history.csv" &&
        cmp "$out/model.safetensors" "$place/again/model.safetensors"
}

expect "the same call gives the same files" the_same_again

learns_with_adam() {
    answers 0 "with replacement, adam, learning rate 0.001" "" \
        train data/mnist --steps 200 --hidden 10 --optimizer adam --output "$place/adam" &&
        awk -F , 'END { exit $3 < 0.8 }' "$place/adam/history.csv"
}

expect "train --optimizer adam learns" learns_with_adam
for optimizer in sgd adagrad rmsprop adam adamw; do
    expect "train --optimizer=$optimizer" answers 0 "$optimizer, learning rate 0.5" "" \
        train data/mnist --steps 1 --hidden 2 --optimizer=$optimizer --lr 0.5 --output "$place/adam"
done

# Interrupts a long training some steps after the first, and has the saved network measured: what the training said of it
# must be true, up to rounding.
interrupted() {
    local status=0 process i
    : > "$place/out" # what an earlier command said must not be taken for this one's first step
    "$gradus" train data/mnist --steps 1000000 --hidden 10 --output "$place/stopped" > "$place/out" 2> "$place/err" &
    process=$!
    for ((i = 0; i < 200; i++)); do
        ! grep -q '^step' "$place/out" || break
        sleep 0.05
    done
    kill -INT $process
    wait $process || status=$?
    [ $status = 0 ] && has out "^Interrupted after [0-9]* steps" && has err "" &&
        [ "$(wc -l < "$place/stopped/history.csv")" -gt 1 ] &&
        "$gradus" evaluate "$place/stopped/model.safetensors" data/mnist > "$place/measured" &&
        sed -n 's/^Interrupted.*: \([0-9.]*\) %.* and \([0-9.]*\) %.*/\1 \2/p' "$place/out" |
        awk -v measured="$(cat "$place/measured")" '
            { split(measured, m); train = $1 - 100 * m[2]; test = $2 - 100 * m[4] }
            END { exit NR != 1 || train^2 > 2e-4 || test^2 > 2e-4 }'
}

expect "Ctrl-C ends a training, which is saved" interrupted

expect "evaluate --report counts the test images by class" answers 0 "^accuracy .* 10000\$" "" \
    evaluate --report "$out/model.safetensors" data/mnist

# ---- tables ----

flowers=data/flowers/flowers.csv out=$place/flowers
expect "train on a table keeps rows to test with" answers 0 "^113 training and 37 test rows" "" \
    train $flowers --target kind --steps 300 --output "$place/parted"
expect "a table of text" answers 1 "" "line 2, column 4 ('kind'): 'daisy' is no number" \
    train $flowers --target petals --output "$place/none"
expect "a column that there is not" answers 1 "" "it has: stem_cm, leaf_cm" \
    train $flowers --target colour --output "$place/none"
expect "a table that there is not" answers 1 "" "no-such.csv' can't be opened" train "$place/no-such.csv"
expect "a separator of two characters" answers 2 "" "no single character: ';;'" train $flowers --separator ';;'
tr , '\t' < $flowers > "$place/tabs.csv"
expect "a separator written as in C" answers 0 "of the training rows" "" \
    train "$place/tabs.csv" --separator '\t' --steps 5 --output "$place/tabs"
expect "a share that is none" answers 2 "" "--test" train $flowers --test 1

learns_all_rows() {
    answers 0 "are right\$" "" train $flowers --test 0 --steps 300 --output "$out" &&
        answers 0 "^$(awk -F , 'END { printf "%.4f", $3 }' "$out/history.csv") of 150 rows are right\$" "" \
            evaluate "$out/model.safetensors" $flowers
}

expect "evaluate measures a table as its training did" learns_all_rows
expect "evaluate --report names the classes" answers 0 "^poppy " "" evaluate "$out/model.safetensors" $flowers --report

# rows PATTERN: the flowers of this kind, with the row of names, separated by semicolons.
rows() {
    sed -n "1p; /$1/p" $flowers | tr , ';' > "$place/rows.csv"
}

rows tulip
expect "a table of one class keeps the numbers of the classes" answers 0 "^0.[89][0-9]* of 50 rows" "" \
    evaluate "$out/model.safetensors" "$place/rows.csv" --separator ';'
sed -i 's/tulip/lily/' "$place/rows.csv"
expect "a class that the model does not know" answers 1 "" "'lily' is none of the classes daisy, poppy, tulip" \
    evaluate "$out/model.safetensors" "$place/rows.csv" --separator ';'
awk -F , -v OFS=, '{ print $2, $1, $3, $4, $5 }' $flowers > "$place/turned.csv"
expect "columns in another order" answers 1 "" "column 'leaf_cm' stands where the model was trained on 'stem_cm'" \
    evaluate "$out/model.safetensors" "$place/turned.csv"
expect "a model of images" answers 1 "" "there is no tensor 'mean'" evaluate "$place/a/b/model.safetensors" $flowers

# ---- check ----

"$numbers" "$place" || exit 1
sigmoids="--net affine,sigmoid,affine,sigmoid --loss bce" tanhs="--net affine,tanh,affine,relu,affine --loss cross_entropy"
expect "check OPERATION" answers 0 "^ *A  (3, 4)  right" "" check matmul
expect "check of an operation that there is not" answers 1 "" "no operation or file 'matmull'" check matmull
expect "check of an operation without a derivative" answers 1 "" "argmax has no derivative" check argmax
expect "check of what is made of others" answers 1 "" "var is made of other operations" check var
expect "check --all finds every derivative right" answers 0 "^\([0-9]*\) operations .* of \1 are right\$" "" check --all
expect "check of nothing" answers 2 "" "usage: gradus check" check
expect "check of numbers that are right" answers 0 "^All 9 gradients are right" "" check "$place/right.npz" $tanhs
expect "check of a decayed network" answers 0 "^All 9 gradients are right" "" check "$place/decayed.npz" $tanhs --l2 0.1
expect "check finds what the decay would be missing" answers 1 "regulariser's gradient is missing" "" \
    check "$place/right.npz" $tanhs --l2 0.1
expect "check of what stands between the layers" answers 0 "^  a1  (5, 4)  right   20 entries" "" \
    check "$place/right.npz" $tanhs
expect "check of a gradient that is transposed" answers 1 "^  W2  (4, 4)  wrong   transposed\$" "" \
    check "$place/transposed.npz" $tanhs

diagnoses_notebook_001() {
    answers 1 "*" "" check "$place/notebook_001.npz" $sigmoids &&
        for weights in w1 w2; do
            grep -q "^  $weights  .*wrong   the sign is flipped; summed where the mean is meant: -4 times\$" "$place/out" || return
        done &&
        for bias in b1 b2; do
            grep -q "^  $bias  .*wrong   the sign is flipped: -1 times\$" "$place/out" || return
        done
}

expect "check tells what is wrong in notebook 001" diagnoses_notebook_001
# The console blocks of the pages: a command, and all that it prints.
prints_what_the_page_shows() {
    local command
    sed -n '/^```console$/,/^```$/p' "$1" | sed '1d; $d' > "$place/block"
    command=$(sed -n '1s/^\$ gradus //p' "$place/block")
    (cd "$place" && "$gradus" $command > out 2> err)
    [ -n "$command" ] && tail -n +2 "$place/block" | diff - "$place/out"
}

for page in docs/checking-gradients.md docs/checking-gradients.ko.md; do
    expect "check prints what $page shows" prints_what_the_page_shows $page
done
expect "a sum in the place of the mean" answers 1 "averaged where the sum is meant: 1/5 times" "" \
    check "$place/right.npz" $tanhs --reduction sum
expect "an unknown layer" answers 2 "" "there is no layer 'convolution'" \
    check "$place/right.npz" --net affine,convolution --loss mse
expect "an unknown loss" answers 2 "" "there is no loss 'hinge'" check "$place/right.npz" --net affine --loss hinge
expect "an unknown reduction" answers 2 "" "there is no reduction 'max'" check "$place/right.npz" $tanhs --reduction max
expect "more layers than weights" answers 2 "" "the file has no array 'W4'" check "$place/right.npz" $tanhs \
    --net affine,affine,affine,affine
expect "a softmax before cross_entropy" answers 2 "" "a softmax stands before 'cross_entropy'" \
    check "$place/right.npz" --net affine,softmax --loss cross_entropy
expect "a name that is misspelt" answers 1 "" "the array 'DeltaW' belongs to nothing" \
    check "$place/misspelt.npz" --net affine --loss mse
expect "numbers that nothing is said of" answers 2 "" "--net and --loss" check "$place/right.npz"
expect "numbers that are not there" answers 1 "" "no-such.npz" check "$place/no-such.npz" $tanhs
expect "check of a classifier of images" answers 0 "^All 4 gradients are right" "" \
    check "$place/a/b/model.safetensors" data/mnist --batch 3
expect "check of a classifier of rows, entry by entry" answers 0 "^  0.W  (4, 50)  right   200 entries" "" \
    check "$place/flowers/model.safetensors" data/flowers/flowers.csv --every

# ---- ops ----

expect "ops NAME" answers 0 "^matmul(gd_tensor \*a, gd_tensor \*b)\$" "" ops matmul
expect "ops of an unknown name" answers 1 "" "there is no operation 'matmull'" ops matmull

lists_all_operations() {
    answers 0 "*" "" ops &&
        diff <(sed -n 's/^GD_\(OP\|VIEW\|UPDATE\|FN\)(\([a-z0-9_]*\),.*/\2/p' include/gradus/ops.inc) \
            <(sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$place/out")
}

expect "ops lists the operations of ops.inc, each once" lists_all_operations

[ $number = $tests ] || { echo "# $number tests ran"; failures=$((failures + 1)); }
exit $((failures > 0))
