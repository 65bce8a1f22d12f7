# SPDX-License-Identifier: Apache-2.0
# The front door. Meson does the work; each target says what it does and keeps its output in build-log/.
#
#   make            build/spoor                        make torture   fail each allocation, open, read, write in turn
#   make demo       a small world, hunted              make fuzz      T=evtx SECONDS=60 (all targets without T)
#   make quick      under 60 s: unit tests, style      make tsan      threads under ThreadSanitizer
#   make check      under 3 min: and sanitizers,       make interop   against other programs, where they are installed
#                   goldens, coverage                  make bench     speed as ratios, one interleaved run
#   make check-real with the data of ../shared         make tidy      the house style
#   make pages      help, manual pages, completions    make valgrind  unit tests under Valgrind
#   make deb        a Debian package, and tried        make big       GB=10 of logs, and the memory that takes
#   make install    PREFIX=/usr/local DESTDIR=         make reproducible  this commit built twice, the same bytes
#   make release    all of it, and an hour of fuzzing  make clean     remove what was built
#                   a target

STEP = tools/step
LOG = build-log
# In CI a warning is an error.
STRICT = $(if $(CI),--werror)
SANITIZE = -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1
CLANG = clang-14
SECONDS = 60
FUZZ_SECONDS = 3600
GB = 10
VALGRIND = valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite
PREFIX = /usr/local
DESTDIR =
JOBS = 1
N = 5000
BENCH =

.PHONY: all demo quick unit check asan golden pages coverage clang tsan check-real bench fuzz torture tidy interop deb reproducible install valgrind big release clean

all:
	@$(STEP) $(LOG)/build "building build/spoor" tools/build build $(STRICT)

demo: all
	@tools/demo

unit: all
	@$(STEP) $(LOG)/unit "unit tests" tests/run_unit.py build --suite quick

tidy:
	@$(STEP) $(LOG)/tidy "house style" tests/tidy/tidy.py
	@$(STEP) $(LOG)/tidy-test "tests of the house style" tests/tidy/tidy_test.py
	@$(STEP) $(LOG)/agree "the package's metadata against the project's" tests/package/agree.py

quick: unit tidy

golden: all
	@$(STEP) $(LOG)/golden "goldens" tests/golden/golden.py
	@$(STEP) $(LOG)/own-rules "spoor's own rules against their examples" tests/own_rules
	@$(STEP) $(LOG)/archives "logs in archives against the same logs unpacked" tests/archives.py
	@$(STEP) $(LOG)/case "hunts killed, interrupted, out of disk, and their case" tests/case.py --kills 3

pages: all
	@$(STEP) $(LOG)/pages "help and manual say the same" tests/pages/help_and_man.py build
	@$(STEP) $(LOG)/completions "completions in the shells that are here" tests/pages/completions.py build

asan:
	@$(STEP) $(LOG)/asan-build "building with AddressSanitizer and UBSan" tools/build build-asan $(SANITIZE)
	@$(STEP) $(LOG)/asan-unit "unit tests under the sanitizers" tests/run_unit.py build-asan --suite quick
	@$(STEP) $(LOG)/asan-golden "goldens under the sanitizers" tests/golden/golden.py --spoor build-asan/spoor
	@$(STEP) $(LOG)/asan-seeds "fuzz seeds replayed under the sanitizers" tests/fuzz/replay_seeds --dir build-asan

coverage:
	@$(STEP) $(LOG)/coverage-build "building for coverage" tools/build build-cov -Db_coverage=true -Doptimization=0
	@$(STEP) $(LOG)/coverage "coverage of src/" tools/coverage

check: quick golden pages asan coverage
	@echo "All is well: quick tests, goldens, sanitizers, coverage."

clang:
	@CC=$(CLANG) $(STEP) $(LOG)/clang-build "building with clang, warnings are errors" tools/build build-clang --werror
	@$(STEP) $(LOG)/clang-unit "unit tests of the clang build" tests/run_unit.py build-clang --suite quick

tsan: all
	@$(STEP) $(LOG)/tsan-build "building with ThreadSanitizer" env TARGETS=spoor tools/build build-tsan -Db_sanitize=thread -Db_lundef=false -Doptimization=1
	@$(STEP) $(LOG)/tsan "hunts with many threads under ThreadSanitizer" tests/threads.py --spoor build-tsan/spoor

check-real: all
	@tests/real/run

torture: all
	@$(STEP) $(LOG)/torture-build "building for torture" env TARGETS=spoor tools/build build-torture -Dtorture=true $(SANITIZE)
	@tests/torture/torture.py --max $(N)

fuzz: all
	@CC=$(CLANG) $(STEP) $(LOG)/fuzz-build "building the fuzz targets" env TARGETS=fuzz_targets tools/build build-fuzz -Dfuzzer=true $(SANITIZE)
	@$(STEP) $(LOG)/fuzz-seeds "making seeds" tests/fuzz/seeds.py build-fuzz/seeds
	@tests/fuzz/fuzz.py --target "$(T)" --seconds $(SECONDS) --jobs $(JOBS)

bench: all
	@bench/bench.py $(BENCH)

interop: all
	@tests/real/interop

deb:
	@$(STEP) $(LOG)/deb "building the Debian package into build-deb" tools/deb
	@$(STEP) $(LOG)/deb-chroot "the package in a fresh Debian 12" tests/package/chroot

reproducible:
	@$(STEP) $(LOG)/reproducible "building this commit twice" tools/reproducible

install: all
	@$(STEP) $(LOG)/install "installing under $(DESTDIR)$(PREFIX)" sh -ec 'meson configure build -Dprefix="$(PREFIX)"; DESTDIR="$(DESTDIR)" meson install -C build'

valgrind: all
	@$(STEP) $(LOG)/valgrind "unit tests under Valgrind" tests/run_unit.py build --suite quick --timeout-multiplier 40 --wrapper "$(VALGRIND)"

big: all
	@$(STEP) $(LOG)/big "$(GB) GB hunted in the memory of one small world" tests/big.py --gb $(GB)

# What takes a night. Shortened, to see that each step works: make release FUZZ_SECONDS=20 GB=1 N=50
release: check clang tsan check-real torture interop bench valgrind big deb reproducible
	@$(MAKE) --no-print-directory fuzz SECONDS=$(FUZZ_SECONDS) JOBS=2
	@echo "All is well, and build-deb holds the package: $$(ls build-deb/spoor_*.deb)"

clean:
	rm -rf build build-deb build-asan build-cov build-clang build-tsan build-fuzz build-torture build-log
