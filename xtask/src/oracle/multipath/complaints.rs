//! What `multipath` complains of, by class: those of the recorded cases.

use bstr::ByteSlice;

use crate::oracle::machine::Fault;

/// The class of a complaint, with the line that it names.
pub fn complaint(message: &[u8]) -> Result<String, Fault> {
    let message = message.split_once_str(" | ").map_or(message, |(_, message)| message);
    let named = |(name, number): (&str, Option<usize>)| match number {
        Some(number) => format!("{name}:{number}"),
        None => name.to_owned(),
    };
    let found = of_handler(message).or_else(|| of_line(message)).or_else(|| of_blocks(message));
    found.map(named).ok_or_else(|| format!("multipath says what is not understood: {:?}", message.as_bstr()).into())
}

/// `FILE line N, what`.
fn of_handler(message: &[u8]) -> Option<(&'static str, Option<usize>)> {
    let (file, rest) = message.split_once_str(" line ")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = rest[..digits].to_str().ok()?.parse().ok()?;
    let what = rest[digits..].trim_start_with(|c| matches!(c, ',' | ':' | ' '));
    let ends: &[(&str, &str)] = &[
        ("cannot contain a slash. Ignoring", "has_slash"),
        ("is not an absolute path. Ignoring", "not_absolute"),
        ("is deprecated and will be disabled in a future release", "deprecated"),
    ];
    let starts: &[(&str, &str)] = &[
        ("duplicate keyword", "duplicate_keyword"),
        ("invalid keyword", "unknown_keyword"),
        ("invalid value for", "invalid_value"),
        ("value for", "capped"),
        ("support for", "unsupported_value"),
        ("missing argument count", "arg_count"),
        ("invalid argument count", "arg_count"),
        ("parsing failed", "parse_failed"),
        ("error parsing uid_attrs", "bad_uid_attrs"),
        ("ignoring deprecated option", "deprecated"),
    ];
    let mut ends = ends.iter().filter(|(end, _)| what.ends_with(end.as_bytes()));
    let mut starts = starts.iter().filter(|(start, _)| what.starts_with(start.as_bytes()));
    let (_, name) = ends.next().or_else(|| starts.next()).filter(|_| file.starts_with(b"/etc/multipath"))?;
    Some((name, Some(number)))
}

/// `What on line N of FILE`; with what was found behind it, or with text of the line within.
fn of_line(message: &[u8]) -> Option<(&'static str, Option<usize>)> {
    let known: &[(&str, &str)] = &[
        ("missing value for option", "missing_value"),
        ("ignoring extra data", "extra_data"),
        ("missing '{'", "missing_open_brace"),
        ("expecting '{'", "not_open_brace"),
        ("invalid keyword '{'", "stray_open_brace"),
        ("unmatched '}'", "unmatched_close_brace"),
        ("missing closing quotes", "unclosed_quote"),
        ("parsing error", "text_after_string"),
    ];
    let (start, name) = known.iter().find(|(start, _)| message.starts_with(start.as_bytes()))?;
    let rest = &message[start.len()..];
    let line = if *name == "not_open_brace" { rest.find(" line ") } else { rest.rfind(" line ") }?;
    let rest = &rest[line + b" line ".len()..];
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    Some((name, Some(rest[..digits].to_str().ok()?.parse().ok()?)))
}

fn of_blocks(message: &[u8]) -> Option<(&'static str, Option<usize>)> {
    let known: &[(&str, &str)] = &[
        ("missing '}' at end of", "missing_close_brace"),
        ("error parsing config file", "fatal"),
        ("multipaths config section missing wwid", "missing_wwid"),
        ("merge_mptable: duplicate multipath config section", "duplicate_multipath"),
        ("factorize_hwtable: duplicate device section", "duplicate_device"),
        ("device config in", "incomplete_device"),
        ("protocol section in", "protocol_without_type"),
        ("invalid record in uid_attrs", "bad_uid_attrs"),
        ("couldn't open configuration file", "unopened"),
    ];
    let features: &[(&str, &str)] =
        &[(": option 'features \"1 ", "deprecated_feature"), (": ignoring feature '", "feature_conflict")];
    let mut known = known.iter().filter(|(start, _)| message.starts_with(start.as_bytes()));
    let mut features = features.iter().filter(|(part, _)| message.contains_str(part));
    let (_, name) = known.next().or_else(|| features.next())?;
    Some((name, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_line_does_not_pass_for_the_complaint() {
        for (message, class) in [
            ("1.2 | /etc/multipath.conf line 5, invalid keyword in the defaults section: foo", "unknown_keyword:5"),
            ("1.2 | /etc/multipath.conf line 2, a/b cannot contain a slash. Ignoring", "has_slash:2"),
            (
                "1.2 | /etc/multipath/conf.d/a.conf line 3,error parsing uid_attrs: \"duplicate keyword\"",
                "bad_uid_attrs:3",
            ),
            ("1.2 | missing value for option 'x on line 9' on line 4 of /etc/multipath.conf", "missing_value:4"),
            ("1.2 | expecting '{' on line 7 of /etc/multipath.conf. found 'on line 8 of'", "not_open_brace:7"),
            ("1.2 | A | B: option 'features \"1 queue_if_no_path\"' is deprecated, please", "deprecated_feature"),
            ("1.2 | error parsing config file", "fatal"),
        ] {
            assert_eq!(complaint(message.as_bytes()).ok().as_deref(), Some(class), "{message}");
        }
        assert!(complaint(b"1.2 | what nobody has heard of").is_err());
    }
}
