//! `heapdiff info`.

use crate::arguments::{Format, GlobalArguments, InfoArguments};
use crate::input::Input;
use crate::output;
use heapdiff_profile::ProfileSummary;
use heapdiff_render::json::InfoJson;
use heapdiff_render::text::InfoText;
use std::path::{Path, PathBuf};

pub(super) fn run(arguments: &InfoArguments, global: &GlobalArguments) -> anyhow::Result<()> {
    let named = Input::new(global, arguments.process.process.as_deref()).merged(&arguments.inputs)?;
    let file_bytes = file_bytes(&arguments.inputs, &named.name);
    let (name, profile, summary) = (named.name.as_str(), &named.profile, &ProfileSummary::of(&named.profile));
    match arguments.format {
        Format::Json => {
            let json = InfoJson { name, file_bytes, profile, summary };
            output::print(|out| json.write(out))
        }
        _ => {
            let text = InfoText { name, file_bytes, profile, summary };
            let options = output::text_options(0, global);
            output::print(|out| text.write(&options, out))
        }
    }
}

/// The size of what was read: of the newest snapshot where a folder was named. `None` where pipes or folders are among
/// several.
fn file_bytes(inputs: &[PathBuf], name: &str) -> Option<u64> {
    let size = |path: &Path| Some(std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?.len());
    match inputs {
        [_] => size(Path::new(name)),
        files => files.iter().map(|file| size(file)).sum(),
    }
}
