use super::*;

#[test]
fn unset_takes_out_every_live_line_and_keeps_comments() {
    for (name, before, after) in [
        ("the line", "defaults {\n\tuser_friendly_names no\n}\n", "defaults {\n}\n"),
        ("its comment stays", "defaults {\n\tuser_friendly_names no # why\n}\n", "defaults {\n\t# why\n}\n"),
        ("with its mark", "defaults {\r\n  user_friendly_names no!why\r\n}\r\n", "defaults {\r\n  !why\r\n}\r\n"),
        (
            "every one",
            "defaults {\n user_friendly_names no\n user_friendly_names on\n}\ndefaults {\n user_friendly_names yes\n}\n",
            "defaults {\n}\ndefaults {\n}\n",
        ),
        ("the last, unended", "defaults {\nuser_friendly_names no", "defaults {\n"),
    ] {
        check(name, before, &unset(UFN), is(after));
    }
    check("nothing there", "multipaths {\n}\n", &unset(UFN), Same);
    check("an empty file", "", &unset(UFN), Same);
    check("what is dead is not there", "defaults { user_friendly_names yes\n}\n", &unset(UFN), Same);
    check("text unseen", "defaults {\nuser_friendly_names no\rx\n}\n", &unset(UFN), Refused("unseen-text"));
}

#[test]
fn disable_turns_lines_into_comments_that_set_finds_again() {
    let before = "defaults {\n\tuser_friendly_names no # why\n}\n";
    let after = "defaults {\n\t#user_friendly_names no # why\n}\n";
    check("a line", before, &disable(UFN), is(after));
    check("nothing there", after, &disable(UFN), Same);
    check(
        "no final newline",
        "defaults {\r\n user_friendly_names no",
        &disable(UFN),
        is("defaults {\r\n #user_friendly_names no"),
    );
    let before = "defaults {\n\tuser_friendly_names no\n}\n";
    laws::set_and_set_back_is_nothing(&Multipath::default(), before.as_bytes(), &disable(UFN), &set(UFN, "no"))
        .unwrap();
    check("a block", before, &disable("multipaths.multipath[wwid=1]"), Refused("not-a-setting"));
}

#[test]
fn dedupe_takes_out_what_does_not_count() {
    check(
        "duplicates",
        "defaults {\n user_friendly_names no # a\n user_friendly_names yes\n user_friendly_names on\n}\n",
        &set(UFN, "yes").dedupe(),
        is("defaults {\n # a\n user_friendly_names yes\n}\n"),
    );
}
