//! `-callgrind`: costs per place and call, in the language of Callgrind.

use super::Report;
use crate::graph::{Graph, NodeId, NodeInfo};
use crate::measurement::{as_i64, scale};
use crate::profile::{Profile, StringId};
use std::collections::BTreeMap;

pub(super) fn callgrind(report: &mut Report<'_>) -> String {
    let trimmed = report.trimmed_graph();
    let graph = &trimmed.graph;
    let profile = &report.profile;
    let unique_names = unique_names(graph, profile);
    let mut output =
        format!("positions: instr line\nevents: {}({})\n", report.sample_type, report.output_unit);
    let (mut objects, mut files, mut functions) =
        (Numbered::default(), Numbered::default(), Numbered::default());
    let cost = |value| as_i64(scale(value, &report.sample_unit, &report.output_unit).value);
    let mut previous: Option<NodeInfo> = None;
    for &id in &graph.shown {
        let node = graph.node(id);
        let info = node.info;
        let place = |info: NodeInfo| (info.object, info.file, info.name);
        if previous.is_none_or(|previous| place(previous) != place(info)) {
            output.push_str(&format!(
                "\nob={}\nfl={}\nfn={}\n",
                objects.of(profile.text(info.object)),
                files.of(profile.text(info.file)),
                functions.of(profile.text(info.name)),
            ));
        }
        let address = relative(previous, info.address);
        output.push_str(&format!("{address} {} {}\n", info.line, cost(node.flat_value())));
        for (_, edge) in graph.sorted_edges(graph.outgoing(id), profile) {
            let callee = graph.node(edge.to).info;
            let name = unique_names.get(&edge.to).map_or("", String::as_str);
            output.push_str(&format!(
                "cfl={}\ncfn={}\ncalls=0 {} {}\n* * {}\n",
                files.of(profile.text(callee.file)),
                functions.of(name),
                relative(previous, callee.address),
                callee.line,
                cost(edge.weight),
            ));
        }
        previous = Some(info);
    }
    output
}

/// Names that are written out once and referred to by number afterwards.
#[derive(Default)]
struct Numbered {
    numbers: BTreeMap<String, usize>,
}

impl Numbered {
    fn of(&mut self, name: &str) -> String {
        if name.is_empty() {
            return String::new();
        }
        if let Some(number) = self.numbers.get(name) {
            return format!("({number})");
        }
        let number = self.numbers.len() + 1;
        self.numbers.insert(name.to_owned(), number);
        format!("({number}) {name}")
    }
}

/// An address, as the way from the one before where that is shorter to write.
fn relative(previous: Option<NodeInfo>, address: u64) -> String {
    let absolute = format!("{address:#x}");
    let Some(previous) = previous else { return absolute };
    if previous.address == address {
        return "*".to_owned();
    }
    let distance = format!("{:+}", address.wrapping_sub(previous.address).cast_signed());
    if distance.len() < absolute.len() { distance } else { absolute }
}

/// A name for each node. Callgrind takes functions of one name and file for one function, so those that are not get a
/// number.
fn unique_names(graph: &Graph, profile: &Profile) -> BTreeMap<NodeId, String> {
    type Key = (StringId, StringId);
    // Nodes of one function are one to Callgrind; in a tree, if they are called from one node.
    let function = |id: NodeId| {
        let node = graph.node(id);
        let NodeInfo { name, file, start_line, column, object, .. } = node.info.function();
        (node.caller, name, file, start_line, column, object)
    };
    let key = |id: NodeId| -> Key { (graph.node(id).info.file, graph.node(id).info.name) };
    let mut numbers: BTreeMap<Key, BTreeMap<_, usize>> = BTreeMap::new();
    for &id in &graph.shown {
        let of_name = numbers.entry(key(id)).or_default();
        let next = of_name.len() + 1;
        of_name.entry(function(id)).or_insert(next);
    }
    let unique = |&id: &NodeId| {
        let mut name = profile.text(graph.node(id).info.name).to_owned();
        if let Some(of_name) = numbers.get(&key(id))
            && of_name.len() > 1
        {
            name.push_str(&format!(" [{}/{}]", of_name.get(&function(id)).unwrap_or(&1), of_name.len()));
        }
        (id, name)
    };
    graph.shown.iter().map(unique).collect()
}
