# gMSA credential spec and identity service.   `make help` lists what can be made.
#
# Everything that is built goes to $(BUILD). A variant is the same tree built another way:
#   make VARIANT=asan   AddressSanitizer and UndefinedBehaviorSanitizer, in build/asan
#   make VARIANT=clang  with clang, in build/clang
#   make VARIANT=fuzz   libFuzzer instrumentation, in build/fuzz (used by `make fuzz`)

VERSION := 0.1.0

PREFIX  ?= /usr/local
DESTDIR ?=
BINDIR  := $(PREFIX)/bin
MANDIR  := $(PREFIX)/share/man
COMPDIR := $(PREFIX)/share/bash-completion/completions

VARIANT ?=
BUILD   ?= build$(if $(VARIANT),/$(VARIANT))
CACHE   ?= $(or $(GMSA_CACHE),$(HOME)/.cache/gmsa)

# --- Compiler ------------------------------------------------------------------------------------

PACKAGES := jansson openssl yaml-0.1 libevent libevent_openssl libevent_pthreads krb5 krb5-gssapi ldap \
    libcares
# Loaded at run time: lib/common/library.h. Tests call Kerberos and LDAP themselves, so those are above;
# --as-needed keeps them out of the programs.
HEADERS  := libcurl

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
    -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wundef -Wvla -Wimplicit-fallthrough \
    -Wno-missing-field-initializers -Wno-gnu-zero-variadic-macro-arguments
WERROR   ?= 1
comma    := ,
# The tree's place is in no program: two builds are the same wherever they were made.
PLACE    := -ffile-prefix-map=$(CURDIR)=.
HARDEN   := -fstack-protector-strong -fPIE -fvisibility=hidden
OPTIMISE ?= -O2 -g
FORTIFY  := -D_FORTIFY_SOURCE=2
LINK     := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
# libldap finds the program's functions of these names before the libraries': wiping_memory.h and
# connection.c in lib/directory.
LINK     += $(addprefix -Wl$(comma)--export-dynamic-symbol=,ber_memfree_x ber_memrealloc_x ldap_pvt_get_fqdn \
    sasl_client_init)

ifeq ($(VARIANT),asan)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPTIMISE := -O1 -g
FORTIFY  :=
else ifeq ($(VARIANT),clang)
CC       := clang
else ifeq ($(VARIANT),fuzz)
CC       := clang
SANITIZE := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
OPTIMISE := -O1 -g
FORTIFY  :=
endif

CPPFLAGS_ALL = -D_GNU_SOURCE -DGMSA_VERSION=\"$(VERSION)\" -I. $(FORTIFY) \
    $(shell pkg-config --cflags $(PACKAGES) $(HEADERS) 2>/dev/null) $(CPPFLAGS)
CFLAGS_ALL   = -std=gnu17 $(OPTIMISE) $(WARNINGS) $(if $(filter 1,$(WERROR)),-Werror) $(HARDEN) \
    $(PLACE) $(SANITIZE) -pthread $(CFLAGS)
LDFLAGS_ALL  = $(LINK) $(SANITIZE) -pthread $(LDFLAGS)
LIBRARIES    = $(shell pkg-config --libs $(PACKAGES))

# What was compiled once is not compiled again, in another clone neither.
COMPILER_CACHE := $(shell command -v ccache)
export CCACHE_DIR ?= $(CACHE)/ccache
export CCACHE_MAXSIZE ?= 1G

# --- What is made of what ------------------------------------------------------------------------
# One archive a folder, in link order: an archive only needs those behind it.

FOLDERS  := webhook/kubectl webhook/commands webhook/server webhook/certificates webhook/report \
    webhook/admission webhook/sources webhook/decision credspec/cli credspec lib/kube lib/directory \
    lib/http lib/document lib/common
PROGRAMS := credspec gmsa-webhook kubectl-gmsa
MAIN_credspec     := credspec/cli/main
MAIN_gmsa-webhook := webhook/commands/main
MAIN_kubectl-gmsa := webhook/kubectl/main

MAINS    := $(foreach program,$(PROGRAMS),$(MAIN_$(program)).c)
sources   = $(filter-out $(MAINS),$(wildcard $(1)/*.c))
objects   = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
archive   = $(BUILD)/lib/$(subst /,-,$(1)).a
ARCHIVES := $(foreach folder,$(FOLDERS),$(if $(call sources,$(folder)),$(call archive,$(folder))))
BINARIES := $(foreach program,$(PROGRAMS),$(if $(wildcard $(MAIN_$(program)).c),$(BUILD)/$(program)))
UNIT     := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
SUPPORT  := $(call archive,tests/support)
FUZZERS  := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzzers/%,$(wildcard tests/fuzz/fuzz_*.c))
CODE     := $(sort $(wildcard $(foreach folder,$(FOLDERS) tests/unit tests/fuzz tests/support tests/bench \
    tests/integration,\
    $(folder)/*.c $(folder)/*.h)))

.PHONY: all
all: $(BINARIES) $(BINARIES:$(BUILD)/%=$(BUILD)/man/%.1) $(BINARIES:$(BUILD)/%=$(BUILD)/completions/%)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILER_CACHE) $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# Changed flags rebuild everything; unchanged ones nothing.
flags = $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS_ALL)
.PHONY: FORCE
$(BUILD)/flags: $(shell echo '$(flags)' | cmp -s - $(BUILD)/flags || echo FORCE)
	@mkdir -p $(@D)
	@echo '$(flags)' > $@

define archive_rule
$(call archive,$(1)): $(call objects,$(call sources,$(1)))
	@mkdir -p $$(@D)
	@rm -f $$@
	$(AR) rcs $$@ $$^
endef
$(foreach folder,$(FOLDERS) tests/support,$(if $(call sources,$(folder)),$(eval $(call archive_rule,$(folder)))))

define program_rule
$(BUILD)/$(1): $(call objects,$(MAIN_$(1)).c) $(ARCHIVES)
	$$(CC) $$(LDFLAGS_ALL) -o $$@ $$^ $$(LIBRARIES)
endef
$(foreach program,$(PROGRAMS),$(eval $(call program_rule,$(program))))

$(BUILD)/man/%.1: $(BUILD)/%
	@mkdir -p $(@D)
	@$< manual > $@.new && mv $@.new $@
$(BUILD)/completions/%: $(BUILD)/%
	@mkdir -p $(@D)
	@$< completion bash > $@.new && mv $@.new $@

# --- Tests ---------------------------------------------------------------------------------------

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(SUPPORT) $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $$(pkg-config --libs check) $(LIBRARIES)

# Programs that integration scripts test the libraries with.
HELPERS := $(patsubst tests/integration/%.c,$(BUILD)/tests/%,$(wildcard tests/integration/*.c))
.PHONY: helpers
helpers: $(HELPERS)
$(BUILD)/tests/%: $(BUILD)/obj/tests/integration/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBRARIES)

.PHONY: unit unit-programs
unit-programs: $(UNIT)
unit: unit-programs
	tests/run unit $(UNIT)

.PHONY: asan
asan:
	$(MAKE) VARIANT=asan all unit

.PHONY: valgrind
# The sanitizers watch over two that cannot run here: http_crowd takes away file descriptors that valgrind
# needs itself, and what kerberos_profile tests happens once a process, while valgrind runs them all in one.
valgrind: unit-programs
	CACHE=$(CACHE) tests/run valgrind $(filter-out %/test_http_crowd %/test_kerberos_profile,$(UNIT))

$(BUILD)/fuzzers/%: $(BUILD)/obj/tests/fuzz/%.o $(SUPPORT) $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $^ $$(pkg-config --libs check) $(LIBRARIES)

FUZZ_SECONDS ?= 20
.PHONY: fuzz fuzzers
fuzzers: $(FUZZERS)
# `all` comes along for clang's warnings about the programs themselves.
fuzz:
	$(MAKE) VARIANT=fuzz all fuzzers
	FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run fuzz build/fuzz/fuzzers

# Our programs, built with the sanitizers, against the real thing. How much memory they take is tested with
# the plain build, RELEASE.
.PHONY: integration
integration:
	$(MAKE) VARIANT=asan all helpers
	$(MAKE) all
	@MAKEFLAGS= CACHE=$(CACHE) tests/kube/build >/dev/null
	@MAKEFLAGS= CACHE=$(CACHE) tests/samba/build >/dev/null
	MAKEFLAGS= BUILD=$(CURDIR)/build/asan RELEASE=$(CURDIR)/build CACHE=$(CACHE) tests/run integration

# What the bench compares with, and what makes its load.
BENCHES := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBRARIES)

.PHONY: bench
bench: all $(BENCHES)
	@MAKEFLAGS= CACHE=$(CACHE) tests/kube/build >/dev/null
	BUILD=$(CURDIR)/$(BUILD) CACHE=$(CACHE) tests/run bench

# Who gives no -j gets as many compilers as processors.
PARALLEL = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
.PHONY: check
check: deps
	$(MAKE) $(PARALLEL) lint
	$(MAKE) $(PARALLEL) all unit
	$(MAKE) $(PARALLEL) asan
	$(MAKE) $(PARALLEL) valgrind
	$(MAKE) $(PARALLEL) integration
	$(MAKE) $(PARALLEL) fuzz

.PHONY: demo
demo: deps
	$(MAKE) $(PARALLEL) all
	BUILD=$(CURDIR)/$(BUILD) samples/demo

# --- Style ---------------------------------------------------------------------------------------

.PHONY: lint format compile_commands.json
lint: compile_commands.json
	CACHE=$(CACHE) tests/run lint $(CODE)
format:
	clang-format -i $(CODE)
compile_commands.json:
	@tests/run compile-commands '$(CPPFLAGS_ALL) -std=gnu17 $(WARNINGS)' $(filter %.c,$(CODE)) > $@

# --- Deployment ----------------------------------------------------------------------------------
# IMAGE is the container image's full name, CA the authority's certificate: see webhook/deploy/README.md.

IMAGE ?= gmsa-webhook:$(VERSION)
CA    ?=
.PHONY: manifests image-root
manifests:
	CACHE=$(CACHE) webhook/deploy/render $(BUILD)/manifests '$(IMAGE)' $(if $(CA),'$(CA)')
image-root: $(BUILD)/gmsa-webhook
	CACHE=$(CACHE) webhook/deploy/image-root $< $(BUILD)/image-root

# --- Installing ----------------------------------------------------------------------------------

.PHONY: deps install clean help
deps:
	@tests/deps

install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(COMPDIR)
	install -m 0755 $(BINARIES) webhook/kubectl/kubectl_complete-gmsa $(DESTDIR)$(BINDIR)
	install -m 0644 $(BINARIES:$(BUILD)/%=$(BUILD)/man/%.1) $(DESTDIR)$(MANDIR)/man1
	install -m 0644 $(BINARIES:$(BUILD)/%=$(BUILD)/completions/%) $(DESTDIR)$(COMPDIR)

clean:
	rm -rf build compile_commands.json

help:
	@echo 'Two commands for a fresh Debian 12 machine, as root:'
	@echo '  make demo         installs what is needed, builds, shows the main job at work'
	@echo '  make check        installs what is needed, passes every test;  RERUN=1: what passed before, too'
	@echo
	@echo 'For working on it:'
	@echo '  make              the programs, their manuals and completions, in build/'
	@echo '  make deps         installs the Debian packages that are missing'
	@echo '  make unit         unit tests;  make asan, make valgrind: the same with a checker'
	@echo '  make integration  our programs against the real thing'
	@echo '  make fuzz         every fuzz target for FUZZ_SECONDS (20)'
	@echo '  make lint         clang-format, clang-tidy, cppcheck, shellcheck;  make format mends'
	@echo '  make bench        speed and memory, as ratios against a reference'
	@echo '  make manifests    what kubectl apply needs, one file an overlay; IMAGE=, CA='
	@echo '  make image-root   the file system of the container image'
	@echo '  make install      PREFIX=/usr/local, DESTDIR='
	@echo '  make clean        removes build/'

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
