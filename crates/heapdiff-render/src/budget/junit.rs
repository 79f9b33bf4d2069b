//! XML as `JUnit` writes it, which most services that build and test can show.

use super::Words;
use heapdiff_profile::{BudgetReport, BudgetVerdict};
use quick_xml::Writer;
use quick_xml::events::BytesText;
use std::io::{self, Write};

/// One test case a budget: one that is exceeded has failed, one that is inconclusive is an error.
#[derive(Clone, Copy, Debug)]
pub struct BudgetJunit<'a> {
    /// What became of the budgets.
    pub report: &'a BudgetReport,
    /// The folder that source files are written relative to.
    pub source_root: Option<&'a str>,
}

impl BudgetJunit<'_> {
    /// Writes the test suite.
    ///
    /// # Errors
    /// If `out` takes no more.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let budgets: Vec<Words> = Words::all(self.report, self.source_root).collect();
        let count = |verdict| budgets.iter().filter(|words| words.outcome == verdict).count().to_string();
        let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
        let suite = xml.create_element("testsuite").with_attributes([
            ("name", "heapdiff"),
            ("tests", budgets.len().to_string().as_str()),
            ("failures", count(BudgetVerdict::Exceeded).as_str()),
            ("errors", count(BudgetVerdict::Inconclusive).as_str()),
        ]);
        suite.write_inner_content(|xml| budgets.iter().try_for_each(|words| write_case(xml, words)))?;
        writeln!(out)
    }
}

fn write_case<W: Write>(xml: &mut Writer<W>, words: &Words) -> io::Result<()> {
    let case = xml
        .create_element("testcase")
        .with_attributes([("classname", "heapdiff"), ("name", words.what.as_str())]);
    let element = match words.outcome {
        BudgetVerdict::Held => return case.write_empty().map(|_| ()),
        BudgetVerdict::Exceeded => "failure",
        BudgetVerdict::Inconclusive => "error",
    };
    case.write_inner_content(|xml| {
        let element = xml.create_element(element).with_attribute(("message", words.sentence.as_str()));
        element.write_text_content(BytesText::new(&words.culprit)).map(|_| ())
    })
    .map(|_| ())
}
