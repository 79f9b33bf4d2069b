//! What `normalize` does to the base: compare where memory goes, not how much of it there is. And what `per` does where
//! the sides handled different numbers of items.

use crate::amounts::Amounts;
use crate::diff::Estimated;
use crate::sampling::Sampling;
use crate::side::Side;

/// How the base is scaled before it is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scaling {
    /// Not at all.
    AsIs,
    /// So that, before filters, it holds as much as the head.
    SameSum,
    /// By this factor.
    By(f64),
}

/// What the base's values are multiplied with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BaseScale {
    pub(crate) value: f64,
    bytes: f64,
    objects: f64,
}

impl BaseScale {
    /// Nothing is scaled.
    pub(crate) const NONE: Self = Self { value: 1.0, bytes: 1.0, objects: 1.0 };

    /// The factors that a scaling means; `None` where nothing is scaled.
    pub(crate) fn new(scaling: Scaling, base: Side<'_>, head: Side<'_>) -> Option<Self> {
        match scaling {
            Scaling::AsIs => None,
            Scaling::SameSum => Some(Self::equal(base, head)),
            Scaling::By(factor) => Some(Self { value: factor, bytes: factor, objects: factor }),
        }
    }

    /// For each column the factor that makes the sums of all samples equal. What sums to nothing stays as it is.
    fn equal(base: Side<'_>, head: Side<'_>) -> Self {
        let factor = |of_base: Option<usize>, of_head: Option<usize>| {
            let sums = of_base.zip(of_head).map(|(of_base, of_head)| {
                (base.profile.sum_of(of_base) as f64, head.profile.sum_of(of_head) as f64)
            });
            sums.filter(|(base, _)| *base != 0.0).map_or(1.0, |(base, head)| head / base)
        };
        Self {
            value: factor(Some(base.columns.value), Some(head.columns.value)),
            bytes: factor(base.columns.bytes, head.columns.bytes),
            objects: factor(base.columns.objects, head.columns.objects),
        }
    }

    /// The factor of what is estimated.
    pub(crate) const fn of(self, estimated: Estimated) -> f64 {
        match estimated {
            Estimated::Bytes => self.bytes,
            Estimated::Value => self.value,
        }
    }

    /// The factor of what may not have been seen: of a heap that of its bytes.
    pub(crate) const fn of_unseen(self, sampling: Sampling) -> f64 {
        match sampling {
            Sampling::Bytes(_) => self.bytes,
            Sampling::OneIn(_) => self.value,
        }
    }

    /// The sampled allocations that a value rests on stay as many as they were.
    pub(crate) fn apply(self, amounts: Amounts, estimated: Estimated) -> Amounts {
        let factor = self.of(estimated);
        #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
        let variance = (amounts.variance as f64 * factor * factor).round() as i128;
        Amounts {
            value: scaled(amounts.value, self.value),
            bytes: scaled(amounts.bytes, self.bytes),
            objects: scaled(amounts.objects, self.objects),
            samples: amounts.samples,
            estimated: scaled(amounts.estimated, factor),
            variance,
            object_bytes: amounts.object_bytes,
        }
    }
}

/// `value` times `factor`, rounded half away from zero. Exact where the factor is 1.
pub(crate) fn scaled(value: i64, factor: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
    let product = (value as f64 * factor).round() as i64;
    #[expect(clippy::float_cmp, reason = "exactly 1 is what says that nothing is scaled")]
    let is_unscaled = factor == 1.0;
    if is_unscaled { value } else { product }
}
