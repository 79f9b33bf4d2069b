//! The exponential function of Go on x86-64.
//!
//! Scaled counts are cut off to whole numbers, so that the last bit of this function can show. Go computes it by the
//! method of N. Shibata (2010): a Taylor series of a sixteenth of the remainder, squared four times.

/// e to the power of `x`, bit for bit as Go has it on a processor with fused multiplication.
pub(super) fn exp(x: f64) -> f64 {
    /// Beyond this the result is no finite number.
    const OVERFLOW: f64 = 7.097_827_128_933_84e2;
    /// Below this it is 0.
    const UNDERFLOW: f64 = -7.451_332_191_019_412e2;
    /// ln 2 in two parts, of which the first has few bits.
    const LN_2_UPPER: f64 = 0.693_147_180_559_662_956_511_601_805_686_950_683_593_75;
    const LN_2_LOWER: f64 = 0.282_352_905_630_315_771_225_884_481_750_134_360_255_254_120_68e-12;
    const COEFFICIENTS: [f64; 8] =
        [1.0 / 40320.0, 1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0];
    if !(UNDERFLOW..=OVERFLOW).contains(&x) {
        return x.exp();
    }
    let power = (x * std::f64::consts::LOG2_E).round_ties_even();
    let rest = (-power).mul_add(LN_2_UPPER, x);
    let rest = (-power).mul_add(LN_2_LOWER, rest) * 0.0625;
    let series = COEFFICIENTS.into_iter().reduce(|sum, next| sum.mul_add(rest, next)).unwrap_or(1.0);
    // What is squared is e^rest - 1, which keeps its small bits: (1 + a)^2 - 1 = a (a + 2).
    let less_one = (0..3).fold(rest * series, |less_one, _| less_one * (less_one + 2.0));
    less_one.mul_add(less_one + 2.0, 1.0) * power.exp2()
}

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn it_is_the_exponential_function() {
        for step in 0..4000 {
            let x = -f64::from(step) / 100.0;
            assert!((exp(x) - x.exp()).abs() <= 4.0 * f64::EPSILON * x.exp(), "{x}");
        }
        assert!(exp(-800.0).abs() == 0.0 && exp(800.0).is_infinite());
    }
}
