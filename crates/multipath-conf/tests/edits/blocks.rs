use super::*;

#[test]
fn blocks_are_known_by_their_own_lines() {
    let before = "multipaths {\n\tmultipath {\n\t\talias a\n\t\twwid 1\n\t}\n\tmultipath {\n\t\twwid 2\n\t}\n}\n";
    check(
        "a value",
        before,
        &set("multipaths.multipath[wwid=1].alias", "b"),
        is(&before.replace("alias a", "alias b")),
    );
    check(
        "a new line",
        before,
        &set("multipaths.multipath[wwid=2].alias", "b c"),
        is(&before.replace("wwid 2\n", "wwid 2\n\t\talias \"b c\"\n")),
    );
    check(
        "a new block",
        before,
        &set("multipaths.multipath[wwid=3600].alias", "x"),
        is(&before.replace("\t}\n}\n", "\t}\n\tmultipath {\n\t\twwid 3600\n\t\talias x\n\t}\n}\n")),
    );
    check(
        "a new section",
        "",
        &set("multipaths.multipath[wwid=1].alias", "x"),
        is("multipaths {\n\tmultipath {\n\t\twwid 1\n\t\talias x\n\t}\n}\n"),
    );
    check(
        "into an empty section",
        "multipaths{\n}\n",
        &set("multipaths.multipath[wwid=\"a b\"].alias", "x"),
        is("multipaths{\n\tmultipath {\n\t\twwid \"a b\"\n\t\talias x\n\t}\n}\n"),
    );
    check(
        "a device",
        "devices {\n    device {\n        vendor  \"A\"\n        product \"B\"\n    }\n}\n",
        &set("devices.device[vendor=A,product=C].no_path_retry", "5"),
        is(
            "devices {\n    device {\n        vendor  \"A\"\n        product \"B\"\n    }\n    device {\n        vendor  \"A\"\n        product \"C\"\n        no_path_retry 5\n    }\n}\n",
        ),
    );
    check(
        "a protocol",
        "overrides {\n\tno_path_retry fail\n}\n",
        &set("overrides.protocol[type=\"scsi:fcp\"].dev_loss_tmo", "60"),
        is("overrides {\n\tno_path_retry fail\n\tprotocol {\n\t\ttype scsi:fcp\n\t\tdev_loss_tmo 60\n\t}\n}\n"),
    );
    check(
        "blocks with one wwid are one: the last counts",
        "multipaths {\nmultipath {\nwwid 1\nalias a\n}\nmultipath {\nwwid 1\nalias b\n}\n}\n",
        &set("multipaths.multipath[wwid=1].alias", "c"),
        is("multipaths {\nmultipath {\nwwid 1\nalias a\n}\nmultipath {\nwwid 1\nalias c\n}\n}\n"),
    );
    check(
        "a protocol of no type",
        "",
        &set("overrides.protocol[type=foo].dev_loss_tmo", "60"),
        Refused("invalid-value"),
    );
    check("every block", before, &set(ALIASES, "x"), Refused("wildcard"));
    check("what it is known by", before, &set("multipaths.multipath[wwid=1].wwid", "3"), Refused("names-the-block"));
    check("a block has no value", before, &set("multipaths.multipath[wwid=1]", "3"), Refused("not-a-setting"));
}

#[test]
fn unset_of_a_wildcard_takes_all_in_one_pass() {
    let before = "multipaths {\n\tmultipath {\n\t\twwid 1\n\t\talias a # db\n\t\talias b\n\t}\n\tmultipath {\n\t\t# alias kept\n\t\twwid 1\n\t\talias c\n\t\tno_path_retry 5\n\t}\n\tmultipath {\n\t\talias dead\n\t}\n\tmultipath {\n\t\twwid 2\n\t\talias d\n\t}\n}\n";
    let after = "multipaths {\n\tmultipath {\n\t\twwid 1\n\t\t# db\n\t}\n\tmultipath {\n\t\t# alias kept\n\t\twwid 1\n\t\tno_path_retry 5\n\t}\n\tmultipath {\n\t\talias dead\n\t}\n\tmultipath {\n\t\twwid 2\n\t}\n}\n";
    check("aliases", before, &unset(ALIASES), is(after));
    check("none", after, &unset(ALIASES), Same);
    check("an empty file", "", &unset(ALIASES), Same);
    let key = "multipaths.multipath[wwid=1].wwid";
    check("not what the block is known by", before, &unset(key), Refused("names-the-block"));
}

#[test]
fn unset_of_a_block_takes_it_out_and_keeps_its_comments() {
    check(
        "a block",
        "multipaths {\n\tmultipath {\n\t\t# db\n\t\twwid 1\n\n\t\talias a # lun\n\t} # end\n\tmultipath {\n\t\twwid 2\n\t}\n}\n",
        &unset("multipaths.multipath[wwid=1]"),
        is("multipaths {\n\t\t# db\n\t\t# lun\n\t# end\n\tmultipath {\n\t\twwid 2\n\t}\n}\n"),
    );
    check(
        "a block with a line that is not understood",
        "multipaths {\nmultipath {\nwwid 1\nfoo bar\n}\n}\n",
        &unset("multipaths.multipath[wwid=1]"),
        Refused("dead-text"),
    );
}
