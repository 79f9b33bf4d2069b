/* A program without a library, small enough to keep as binaries; `make-fixtures` compiles it. */
volatile int sink;

static inline __attribute__((always_inline)) void innermost(int value) {
    sink = value;
}

static inline __attribute__((always_inline)) void middle(int value) {
    innermost(value + 1);
}

__attribute__((noinline)) void outer(int value) {
    middle(value);
    __asm__ volatile("nop");
}

void _start(void) {
    outer(7);
    for (;;) {
    }
}
