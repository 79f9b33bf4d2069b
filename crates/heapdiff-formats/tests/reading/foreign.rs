use heapdiff_formats::{Foreign, Limits, ReadError, read_profile};

fn found(bytes: &[u8]) -> Foreign {
    match read_profile(bytes, &Limits::default()) {
        Err(ReadError::Foreign { found }) => found,
        other => panic!("expected a foreign format, found {other:?}"),
    }
}

#[test]
fn formats_are_called_by_their_names() {
    assert_eq!(found(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0"), Foreign::Elf);
    assert_eq!(found(b"PERFILE2\x68\0\0\0\0\0\0\0"), Foreign::Perf);
    assert_eq!(found(b"PK\x03\x04\x14\0\0\0\x08\0"), Foreign::Zip);
    assert_eq!(found(b"\n {\"schema\": \"heapdiff/diff/v1\"}"), Foreign::Json);
    assert_eq!(found(b"[1, 2]"), Foreign::Json);
    assert_eq!(found(b"<!DOCTYPE html>\n<html>"), Foreign::Html);
    assert_eq!(found(b"\xef\xbb\xbf<HTML><body>404"), Foreign::Html);
    assert_eq!(found(b"<?xml version=\"1.0\"?><svg/>"), Foreign::Xml);
    assert_eq!(found(b"this is no profile\n"), Foreign::Text);
    assert_eq!(found("größer als 12 Bytes\n".as_bytes()), Foreign::Text);
}

#[test]
fn text_may_be_long_and_cut_within_a_character() {
    assert_eq!(found("ö".repeat(1000).as_bytes()), Foreign::Text);
    assert_eq!(found(format!(" {}", "ö".repeat(1000)).as_bytes()), Foreign::Text);
}

#[test]
fn compressed_data_within_gzip_are_said() {
    use std::io::Write;
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    assert_eq!(found(&gzip(&crate::snapshot::compressed())), Foreign::Gzip);
    assert_eq!(found(&gzip(b"\x28\xb5\x2f\xfd\x24\x05\x29\0\0hello")), Foreign::Zstd);
    assert_eq!(found(&gzip(b"just text")), Foreign::Text);
}

#[test]
fn each_is_declined_in_one_line_with_a_remedy() {
    for (bytes, expected) in [
        (
            &b"\x7fELF\x02\x01\x01"[..],
            "found an ELF binary, expected a profile: name the profile that the program wrote, not the program",
        ),
        (
            b"hello\n",
            "found text, expected a profile: name a file that a profiler wrote, such as heapdiff's `.pb.gz`; the README lists the formats",
        ),
    ] {
        assert_eq!(read_profile(bytes, &Limits::default()).unwrap_err().to_string(), expected);
    }
}
