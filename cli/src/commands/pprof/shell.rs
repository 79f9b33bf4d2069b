//! `heapdiff pprof FILE`: lines are read and answered until one of them, or their end, is the last.

use super::finish::Finisher;
use super::line_reader::LineReader;
use super::{make, say};
use heapdiff_classic::options::Config;
use heapdiff_classic::profile::Profile;
use heapdiff_classic::report::Outside;
use heapdiff_classic::session;
use heapdiff_classic::shell::{Reply, Shell};

/// Answers lines about a profile. What goes wrong with one is said, and the next one is read.
pub(super) fn run(profile: Profile, config: &Config, outside: &Outside<'_>) -> Result<(), String> {
    let mut shell = Shell::new(&profile, config);
    let mut remarks = Vec::new();
    let greeting = session::greeting(&profile, shell.config(), outside, &mut remarks);
    remarks.iter().for_each(|remark| say(remark));
    say(&greeting);
    let mut lines = LineReader::new(|| {
        profile.functions.iter().map(|function| profile.text(function.name).to_owned()).collect()
    });
    let profile = session::reread(profile);
    let mut finisher = Finisher::in_shell();
    while let Some(line) = lines.next_line()? {
        for reply in shell.answer(&line) {
            match reply {
                Reply::Say(text) => say(&text),
                Reply::Report { report, config } => {
                    // A report changes its profile.
                    let made = make(&mut finisher, profile.clone(), &report, &config, outside);
                    if let Err(message) = made {
                        say(&message);
                    }
                }
                Reply::Quit => return Ok(()),
            }
        }
    }
    Ok(())
}
