# The front door. CMake does the building underneath; `make help` lists what there is.
BUILD = build/release
PREFIX = /usr/local
DESTDIR =
DATA = data/mnist
OUT = build/mnist
ROOMS = base tensor op autograd
JOBS = $(shell nproc)
SECONDS = 3600
NOTEBOOKS = $(sort $(wildcard examples/notebooks/*.c))

# CMake starts a make of its own, which takes its number of jobs from here.
CMAKE = MAKEFLAGS=--no-print-directory cmake
build = $(CMAKE) --build $(BUILD) -j $(JOBS) --target

.PHONY: all mnist notebooks test check soak mutants zoo docs bench install clean format help setup

all: $(BUILD)/Makefile ## build the library, the gradus command and the examples (the default)
	@$(build) all
	@echo "Built in $(BUILD): the gradus command, libgradus, the examples. Next: make mnist, make test, make help"

mnist: all ## train on handwritten digits; writes the model, its history and a picture of it (DATA=folder OUT=folder)
	$(BUILD)/gradus train $(DATA) --output $(OUT)

notebooks: all ## run the five notebooks that were written in C (examples/notebooks)
	@for program in $(NOTEBOOKS); do echo "---- $$program"; $(BUILD)/$${program%.c} || exit 1; done

test: setup ## build in every promised way and run all tests (a few minutes)
	@tools/setup test
	@tests/run

check: setup ## the two-second test for the edit cycle (ROOMS="nn optim" picks others)
	@tools/setup test
	@$(CMAKE) -S . -B $(BUILD) -G "Unix Makefiles" --log-level=WARNING > /dev/null
	@$(build) $(ROOMS:%=tests_%)
	@tests/run in $(BUILD) $(ROOMS)

mutants: setup ## put mistakes into every derivative rule and kernel: the tests must notice each (OPS="softmax add" picks)
	@tools/setup test
	@$(CMAKE) -S . -B $(BUILD) -G "Unix Makefiles" --log-level=WARNING > /dev/null
	@$(build) mutants
	@tests/mutants/run $(BUILD) $(OPS)

soak: setup ## random programs against the reference, for an hour (SECONDS=600 JOBS=2 SEED=1)
	@tools/setup test
	@tests/fuzz/soak $(SECONDS) $(JOBS) $(SEED)

zoo: setup ## wrong gradients by the thousand: is each one's mistake named? Writes docs/gradcheck-zoo.md (PYTHON=python3 with torch)
	@tools/setup test
	@$(CMAKE) -S . -B $(BUILD) -G "Unix Makefiles" --log-level=WARNING > /dev/null
	@$(build) zoo_zoo
	@tests/zoo/report $(BUILD) > build/gradcheck-zoo.md && mv build/gradcheck-zoo.md docs/gradcheck-zoo.md

docs: all ## make docs/ops.md anew, from the list of operations
	@tools/ops_reference $(BUILD)/gradus > build/ops.md && mv build/ops.md docs/ops.md

bench: $(BUILD)/Makefile ## time Gradus beside its peers and limits; writes bench/RESULTS.md (WORK="xor exp" picks, and writes none)
	@$(build) bench
	@bench/run $(WORK)

install: $(BUILD)/Makefile ## install library, headers and command (PREFIX=/usr/local DESTDIR=)
	@$(build) all
	@DESTDIR="$(DESTDIR)" cmake --install $(BUILD) --prefix "$(PREFIX)"
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then ldconfig || true; fi

clean: ## remove all that was built
	rm -rf build

format: ## lay out the C files as .clang-format says
	@tools/setup format
	clang-format -i $$(find include src tests examples bench -name '*.[ch]')

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

setup:
	@tools/setup build

$(BUILD)/Makefile: | setup
	@$(CMAKE) -S . -B $(BUILD) -G "Unix Makefiles" -DCMAKE_BUILD_TYPE=Release --log-level=NOTICE
