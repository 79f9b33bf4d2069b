use super::{profile, rows, totals, written};
use heapdiff_formats::ExportFormat;
use heapdiff_profile::ProfileBuilder;
use proptest::prelude::*;
use std::collections::BTreeSet;

proptest! {
    #[test]
    fn every_row_is_whole_and_they_sum_to_the_totals(rows in rows(-100..100)) {
        let profile = profile(&rows);
        let text = written(&profile, ExportFormat::Csv);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let titles = reader.headers().unwrap().clone();
        let has_labels = !profile.samples.is_empty();
        prop_assert_eq!(titles.len(), if has_labels { 7 } else { 6 });
        let mut sums = [0_i64; 2];
        let mut keys = BTreeSet::new();
        for record in reader.records() {
            let record = record.unwrap();
            for (sum, field) in sums.iter_mut().zip(record.iter().skip(titles.len() - 2)) {
                *sum += field.parse::<i64>().unwrap();
            }
            // Leaf, file, line, stack and label: once each.
            let key: Vec<_> = record.iter().take(titles.len() - 2).map(str::to_owned).collect();
            prop_assert!(keys.len() < rows.len());
            keys.insert(key);
        }
        prop_assert_eq!(sums, totals(&profile));
    }
}

#[test]
fn fields_are_quoted_where_they_must_be() {
    let profile = ProfileBuilder::with_types(&[("inuse_objects", "count"), ("inuse_space", "bytes")])
        .sample(
            &["say \"hi\", twice src/a,b.rs:3", "main"],
            &[1, 2],
            &[("bytes", 48, "bytes"), ("age", 5, "seconds")],
        )
        .sample(&["main"], &[3, -4], &[])
        .build();
    assert_eq!(
        written(&profile, ExportFormat::Csv),
        "function,file,line,stack,age/seconds,bytes,inuse_objects/count,inuse_space/bytes\n\
         main,,,main,,,3,-4\n\
         \"say \"\"hi\"\", twice\",\"src/a,b.rs\",3,\"main;say \"\"hi\"\", twice\",5,48,1,2\n"
    );
}
