//! Numbers that look random and are the same in every run.

/// Steele, Lea and Flood's `SplitMix64`, and what is drawn from it.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// From 0 to less than 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// From `low` to `high`, each order of magnitude as often as the others.
    pub(crate) fn logarithmic(&mut self, low: f64, high: f64) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }

    /// A number of things that happen independently, of which there are `mean` on average.
    pub(crate) fn poisson(&mut self, mean: f64) -> f64 {
        if mean > 60.0 {
            return self.normal(mean, mean.sqrt());
        }
        let limit = (-mean).exp();
        let (mut count, mut product) = (0.0, self.uniform());
        while product > limit {
            count += 1.0;
            product *= self.uniform();
        }
        count
    }

    /// How many of `count` things happen that each have this chance.
    pub(crate) fn binomial(&mut self, count: f64, chance: f64) -> f64 {
        if chance >= 1.0 || count <= 0.0 {
            return count;
        }
        if count < 60.0 {
            let (mut hits, mut at) = (0.0, 0.0);
            while at < count {
                hits += f64::from(u8::from(self.uniform() < chance));
                at += 1.0;
            }
            return hits;
        }
        if count * chance < 60.0 && chance < 0.05 {
            return self.poisson(count * chance).min(count);
        }
        self.normal(count * chance, (count * chance * (1.0 - chance)).sqrt()).min(count)
    }

    /// A whole number, at least 0, that stands in for a count that is too big to be drawn one by one.
    fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let radius = (-2.0 * self.uniform().max(f64::MIN_POSITIVE).ln()).sqrt();
        let number = radius * (std::f64::consts::TAU * self.uniform()).cos();
        (mean + deviation * number).round().max(0.0)
    }
}
