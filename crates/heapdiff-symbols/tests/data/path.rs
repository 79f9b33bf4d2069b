//! A program without a library whose functions have paths; `make-fixtures` compiles it.
#![no_std]
#![no_main]

mod pool {
    pub mod queue {
        #[inline(always)]
        pub fn inlined(value: u32) -> u32 {
            core::hint::black_box(value)
        }

        #[inline(never)]
        pub fn outer(value: u32) -> u32 {
            inlined(value) + 1
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    core::hint::black_box(pool::queue::outer(7));
    loop {}
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
