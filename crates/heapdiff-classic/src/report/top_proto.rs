//! `-topproto`: the rows of `-top` as a profile.

use super::Report;
use crate::graph::NodeInfo;
use crate::measurement::{as_i64, scale};
use crate::profile::{Function, FunctionId, LabelSetId, Line, Profile, Samples, StringId, ValueType};
use std::collections::BTreeMap;

pub(super) fn top_proto(report: &mut Report<'_>) -> Vec<u8> {
    let trimmed = report.trimmed_graph();
    let source = &report.profile;
    let mut profile = Profile {
        samples: Samples::new(2),
        time_nanos: source.time_nanos,
        duration_nanos: source.duration_nanos,
        period: source.period,
        ..Profile::default()
    };
    let mut intern = |text: &str| profile.strings.intern(text);
    let unit = intern(&report.output_unit);
    profile.sample_types =
        vec![ValueType { kind: intern("cum"), unit }, ValueType { kind: intern("flat"), unit }];
    profile.period_type = ValueType {
        kind: intern(source.text(source.period_type.kind)),
        unit: intern(source.text(source.period_type.unit)),
    };
    let mut functions: BTreeMap<(StringId, StringId, i64), FunctionId> = BTreeMap::new();
    for node in trimmed.graph.shown_nodes() {
        let NodeInfo { name, file, start_line, line, column, address, .. } = node.info;
        let function = *functions.entry((name, file, start_line)).or_insert_with(|| {
            let name = profile.strings.intern(source.text(name));
            let filename = profile.strings.intern(source.text(file));
            profile.push_function(Function { name, filename, start_line, ..Function::default() })
        });
        let location = profile.push_location(address, None, false, &[Line { function, line, column }]);
        let scaled = |value| as_i64(scale(value, &report.sample_unit, &report.output_unit).value);
        let values = [scaled(node.cum_value()), scaled(node.flat_value())];
        profile.samples.push(&[location], &values, LabelSetId::EMPTY);
    }
    super::compressed(&profile)
}
