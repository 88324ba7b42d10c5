use super::*;

#[test]
fn dedupe_of_a_list_leaves_the_first_of_equal_entries() {
    let dedupe = |item| add("blacklist.wwid", item).dedupe();
    check(
        "a line, its comment kept",
        "blacklist {\n wwid a\n wwid \"a\" # twice\n wwid b\n}\nblacklist {\n wwid a",
        &dedupe("a"),
        is("blacklist {\n wwid a\n # twice\n wwid b\n}\nblacklist {\n"),
    );
    check("once", "blacklist {\n wwid a\n}\n", &dedupe("a"), Same);
    check("not there", "", &dedupe("a"), is("blacklist {\n\twwid \"a\"\n}\n"));
    let twice = "blacklist {\r\n\tdevice {\r\n\t\tvendor A\r\n\t\tproduct B\r\n\t}\r\n";
    check(
        "a device, CRLF",
        format!("{twice}{}}}\r\n", &twice["blacklist {\r\n".len()..]),
        &add("blacklist.device", "vendor=A,product=B").dedupe(),
        is(&format!("{twice}}}\r\n")),
    );
}

#[test]
fn blacklist_entries_are_added_beside_their_kind() {
    let before = "blacklist {\n\tdevnode \"^hd\"\n\twwid a\n\tdevice {\n\t\tvendor V\n\t\tproduct P\n\t}\n}\n";
    check(
        "a devnode",
        before,
        &add("blacklist.devnode", "^sd"),
        is(&before.replace("\"^hd\"\n", "\"^hd\"\n\tdevnode \"^sd\"\n")),
    );
    check(
        "a kind that is new",
        before,
        &add("blacklist.property", "ID_X"),
        is(&before.replace("wwid a\n", "wwid a\n\tproperty \"ID_X\"\n")),
    );
    check("there already, quoted otherwise", before, &add("blacklist.wwid", "a"), Same);
    check(
        "an inverted one",
        before,
        &add("blacklist.wwid", "!b"),
        is(&before.replace("wwid a\n", "wwid a\n\twwid \"!b\"\n")),
    );
    check(
        "a device",
        before,
        &add("blacklist.device", "vendor=V,product=\"P 2\""),
        is(&before.replace("\t}\n}\n", "\t}\n\tdevice {\n\t\tvendor \"V\"\n\t\tproduct \"P 2\"\n\t}\n}\n")),
    );
    check("that device", before, &add("blacklist.device", "product=P,vendor=V"), Same);
    check("left alone", "", &add("blacklist.wwid", "a").absent(Absent::Leave), Same);
    check("no section", "", &add("blacklist.wwid", "a"), is("blacklist {\n\twwid \"a\"\n}\n"));
    check(
        "no section for a device",
        "",
        &add("blacklist.device", "vendor=V,product=P"),
        is("blacklist {\n\tdevice {\n\t\tvendor \"V\"\n\t\tproduct \"P\"\n\t}\n}\n"),
    );
    check(
        "the last section",
        "blacklist {\r\nwwid a\r\n}\r\nblacklist {\r\n}\r\n",
        &add("blacklist.wwid", "b"),
        is("blacklist {\r\nwwid a\r\n}\r\nblacklist {\r\n\twwid \"b\"\r\n}\r\n"),
    );
    check(
        "exceptions",
        "blacklist_exceptions {\n wwid b\n}",
        &add("blacklist_exceptions.wwid", "c"),
        is("blacklist_exceptions {\n wwid b\n wwid \"c\"\n}"),
    );
    check("not a list", before, &add(UFN, "yes"), Refused("not-a-list"));
    check("half a device", before, &add("blacklist.device", "vendor=V"), Refused("incomplete-device"));
    for pattern in ["*", "+", "(", "[", "a{2", "\\", "^*", "[[:foo:]]", "a{2,1}", "!*"] {
        check(pattern, before, &add("blacklist.devnode", pattern), Refused("bad-regex"));
        let device = format!("vendor=V,product={}", kvmprep_lossless::key::quoted(pattern));
        check(pattern, before, &add("blacklist.device", &device), Refused("bad-regex"));
    }
    for pattern in ["", "!"] {
        check(pattern, before, &add("blacklist.devnode", pattern), Refused("matches-everything"));
    }
}

#[test]
fn blacklist_entries_are_removed_wherever_they_stand() {
    let before = "blacklist {\n\twwid a # x\n\twwid \"a\"\n\twwid b\n\tdevice {\n\t\tvendor V # v\n\t\t# in\n\t\tproduct P\n\t}\n\tdevice {\n\t\tvendor V\n\t}\n}\nblacklist {\n\twwid a\n}\n";
    check(
        "every equal one",
        before,
        &remove("blacklist.wwid", "a"),
        is(
            "blacklist {\n\t# x\n\twwid b\n\tdevice {\n\t\tvendor V # v\n\t\t# in\n\t\tproduct P\n\t}\n\tdevice {\n\t\tvendor V\n\t}\n}\nblacklist {\n}\n",
        ),
    );
    let without = before.replace("\tdevice {\n\t\tvendor V # v\n\t\t# in\n\t\tproduct P\n\t}\n", "\t\t# v\n\t\t# in\n");
    check("a device", before, &remove("blacklist.device", "vendor=V,product=P"), is(&without));
    check("the same as a key", before, &unset("blacklist.device[vendor=V,product=P]"), is(&without));
    check(
        "half a device",
        before,
        &remove("blacklist.device", "vendor=V"),
        is(&before.replace("\tdevice {\n\t\tvendor V\n\t}\n", "")),
    );
    check("none", before, &remove("blacklist.wwid", "c"), Same);
    check("an empty file", "", &remove("blacklist.wwid", "c"), Same);
    check(
        "the whole list",
        "blacklist {\n wwid a\n wwid b\n}",
        &Request::set_all(key("blacklist.wwid"), ["b", "c"]),
        is("blacklist {\n wwid b\n wwid \"c\"\n}"),
    );
    check(
        "the whole list, in another order",
        "blacklist {\n wwid a\n wwid b\n}",
        &Request::set_all(key("blacklist.wwid"), ["b", "a"]),
        Same,
    );
    check(
        "all entries",
        "blacklist {\n wwid a\n wwid b\n devnode x\n}",
        &unset("blacklist.wwid"),
        is("blacklist {\n devnode x\n}"),
    );
    check(
        "all entries commented out",
        "blacklist {\n wwid a\n devnode x\n}",
        &disable("blacklist.wwid"),
        is("blacklist {\n #wwid a\n devnode x\n}"),
    );
}
