//! The families of units, and how their names are recognized.

/// A unit: how it is printed, what it may be called in a profile, and how many of the family's base unit it is.
#[derive(Debug)]
struct Unit {
    name: &'static str,
    aliases: &'static [&'static str],
    factor: f64,
}

/// Units that convert into each other.
#[derive(Debug)]
pub(super) struct UnitFamily {
    units: &'static [Unit],
    default: Unit,
}

const fn unit(name: &'static str, aliases: &'static [&'static str], factor: f64) -> Unit {
    Unit { name, aliases, factor }
}

const KIB: f64 = 1024.0;
const MIB: f64 = KIB * KIB;
const GIB: f64 = MIB * KIB;
const TIB: f64 = GIB * KIB;
const PIB: f64 = TIB * KIB;

/// Memory, in bytes; time, in nanoseconds; compute units.
static FAMILIES: [UnitFamily; 3] = [
    UnitFamily {
        units: &[
            unit("B", &["b", "byte"], 1.0),
            unit("kB", &["kb", "kbyte", "kilobyte"], KIB),
            unit("MB", &["mb", "mbyte", "megabyte"], MIB),
            unit("GB", &["gb", "gbyte", "gigabyte"], GIB),
            unit("TB", &["tb", "tbyte", "terabyte"], TIB),
            unit("PB", &["pb", "pbyte", "petabyte"], PIB),
        ],
        default: unit("B", &[], 1.0),
    },
    UnitFamily {
        units: &[
            unit("ns", &["ns", "nanosecond"], 1.0),
            unit("us", &["μs", "us", "microsecond"], 1e3),
            unit("ms", &["ms", "millisecond"], 1e6),
            unit("s", &["s", "sec", "second"], 1e9),
            unit("hrs", &["hour", "hr"], 3600e9),
        ],
        default: unit("s", &[], 1e9),
    },
    UnitFamily {
        units: &[
            unit("n*GCU", &["nanogcu"], 1e-9),
            unit("u*GCU", &["microgcu"], 1e-6),
            unit("m*GCU", &["milligcu"], 1e-3),
            unit("GCU", &["gcu"], 1.0),
            unit("k*GCU", &["kilogcu"], 1e3),
            unit("M*GCU", &["megagcu"], 1e6),
            unit("G*GCU", &["gigagcu"], 1e9),
            unit("T*GCU", &["teragcu"], 1e12),
            unit("P*GCU", &["petagcu"], 1e15),
        ],
        default: unit("GCU", &[], 1.0),
    },
];

/// Every family, in the order in which a name is looked up.
pub(super) fn families() -> &'static [UnitFamily] {
    &FAMILIES
}

/// Whether two unit names mean units of one family, or are the same.
#[must_use]
pub fn is_compatible(a: &str, b: &str) -> bool {
    a == b || FAMILIES.iter().any(|family| family.find(a).is_some() && family.find(b).is_some())
}

impl UnitFamily {
    fn find(&self, name: &str) -> Option<&'static Unit> {
        let name = name.to_lowercase();
        let name = if name.len() > 2 { name.strip_suffix('s').unwrap_or(&name) } else { &name };
        self.units.iter().find(|unit| unit.aliases.contains(&name))
    }

    /// The unit with the largest factor in which `value`, counted in base units, is at least 1.
    fn largest_fitting(&self, value: f64) -> Option<&'static Unit> {
        let mut best: Option<&'static Unit> = None;
        for unit in self.units {
            if unit.factor >= best.map_or(0.0, |best| best.factor) && value / unit.factor >= 1.0 {
                best = Some(unit);
            }
        }
        best
    }

    /// `value` in the unit `to`, unless `from` is not of this family.
    pub(super) fn convert(&self, value: i64, from: &str, to: &str) -> Option<(f64, &'static str)> {
        let value = super::as_f64(value) * self.find(from)?.factor;
        let unit = match to {
            "minimum" | "auto" => self.largest_fitting(value),
            to => self.find(to),
        };
        let default = (self.default.factor, self.default.name);
        let (factor, name) = unit.map_or(default, |unit| (unit.factor, unit.name));
        Some((value / factor, name))
    }
}
