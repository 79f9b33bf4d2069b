//! What was expected, and whether it held.

/// Counts what did not hold.
#[derive(Default)]
pub(crate) struct Checks {
    failures: Vec<String>,
}

impl Checks {
    /// A share of `count` must be at least `least`, but for what chance explains: three standard errors. Of nothing
    /// nothing is expected.
    pub(crate) fn at_least(&mut self, what: &str, share: f64, least: f64, count: u32) {
        if count > 0 && share < least - slack(least, count) {
            self.failures.push(format!("{what}: {}, expected at least {}", percent(share), percent(least)));
        }
    }

    /// As [`Self::at_least`], the other way round.
    pub(crate) fn at_most(&mut self, what: &str, share: f64, most: f64, count: u32) {
        if share > most + slack(most, count) {
            self.failures.push(format!("{what}: {}, expected at most {}", percent(share), percent(most)));
        }
    }

    /// Says what did not hold; whether all did.
    pub(crate) fn report(&self) -> bool {
        println!();
        for failure in &self.failures {
            println!("FAIL {failure}");
        }
        println!("{}", if self.failures.is_empty() { "All of it held." } else { "Not all of it held." });
        self.failures.is_empty()
    }
}

fn slack(share: f64, count: u32) -> f64 {
    3.0 * (share * (1.0 - share) / f64::from(count.max(1))).sqrt()
}

/// `95.0 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:5.1} %", share * 100.0)
}
