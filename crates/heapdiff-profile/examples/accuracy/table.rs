//! Tables of shares, and whether what was expected held.

/// Things that were looked at, and those of them for which something held.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share {
    pub(crate) all: u64,
    pub(crate) held: u64,
}

impl Share {
    pub(crate) fn count(&mut self, holds: bool) {
        self.all += 1;
        self.held += u64::from(holds);
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.all += other.all;
        self.held += other.held;
    }

    /// The part for which it held; 0 of nothing.
    pub(crate) fn part(self) -> f64 {
        self.held as f64 / self.all.max(1) as f64
    }

    /// As in a cell of a table, in percent; of nothing a dash.
    pub(crate) fn percent(self) -> String {
        if self.all == 0 { "-".to_owned() } else { format!("{:.1}", self.part() * 100.0) }
    }

    /// Three standard errors of a share like this one.
    fn slack(self, share: f64) -> f64 {
        3.0 * (share * (1.0 - share) / self.all.max(1) as f64).sqrt()
    }
}

/// Counts what did not hold.
#[derive(Default)]
pub(crate) struct Checks {
    failures: Vec<String>,
}

impl Checks {
    /// A share must be at least `least`, but for what chance explains: three standard errors. Of nothing nothing is
    /// expected.
    pub(crate) fn at_least(&mut self, what: &str, share: Share, least: f64) {
        if share.all > 0 && share.part() < least - share.slack(least) {
            self.fail(what, share, "least", least);
        }
    }

    /// As [`Self::at_least`], the other way round.
    pub(crate) fn at_most(&mut self, what: &str, share: Share, most: f64) {
        if share.part() > most + share.slack(most) {
            self.fail(what, share, "most", most);
        }
    }

    fn fail(&mut self, what: &str, share: Share, bound: &str, limit: f64) {
        let Share { all, held } = share;
        let percent = share.percent();
        self.failures.push(format!(
            "{what}: {percent} % ({held} of {all}), expected at {bound} {:.1} %",
            limit * 100.0
        ));
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

/// Prints a table in Markdown: a head, and rows of as many cells.
pub(crate) fn print(head: &[String], rows: &[Vec<String>]) {
    let widths: Vec<usize> = (0..head.len())
        .map(|at| {
            rows.iter()
                .chain([&head.to_vec()])
                .filter_map(|row| row.get(at))
                .map(String::len)
                .max()
                .unwrap_or(0)
        })
        .collect();
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells
            .iter()
            .zip(&widths)
            .enumerate()
            .map(
                |(at, (cell, &width))| {
                    if at == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
                },
            )
            .collect();
        println!("| {} |", cells.join(" | "));
    };
    line(head);
    let rule = |(at, &width): (usize, &usize)| {
        if at == 0 { "-".repeat(width) } else { format!("{}:", "-".repeat(width.max(2) - 1)) }
    };
    line(&widths.iter().enumerate().map(rule).collect::<Vec<_>>());
    rows.iter().for_each(|row| line(row));
    println!();
}
