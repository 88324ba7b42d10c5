//! What is told of a connection and of the command line.

use kvmprep_sshd_config::{CommandLine, Connection};

#[test]
fn a_connection_reads_back_as_it_is_told() {
    for text in [
        "",
        "user=bob",
        "user=bob,group=wheel,group=adm,host=a.example.com,addr=192.0.2.7,laddr=2001:db8::1,lport=22,rdomain=1",
        "user=bob,invalid-user",
    ] {
        assert_eq!(text.parse::<Connection>().unwrap().to_string(), text);
    }
    let last_counts: Connection = "user=bob,user=eve,,foo".parse().unwrap();
    assert_eq!(last_counts.to_string(), "user=eve");
}

#[test]
fn what_sshd_is_told_nothing_by_is_an_error_with_help() {
    for text in
        ["user=bob,foo=bar", "user", "USER=bob", "lport=x", "user=bob, host=x", "addr=nonsense", "invalid-user=yes"]
    {
        let error = text.parse::<Connection>().unwrap_err();
        assert!(error.help.contains("user=bob,host="), "{error}");
        assert!(text.ends_with(&error.text), "{error}");
    }
}

#[test]
fn options_are_read_as_getopt_does() {
    for (words, lines) in [
        ("", ""),
        ("-D -u0 -e", ""),
        ("-oPort=1 -o Banner=none -DoUsePAM=no", "Port=1\nBanner=none\nUsePAM=no\n"),
        ("-p22 -h /k -c /k.pub", "Port 22\nHostKey /k\nHostCertificate /k.pub\n"),
        ("-oAddressFamily=any -4", "AddressFamily inet\nAddressFamily=any\n"),
    ] {
        assert_eq!(CommandLine::parse("/x", words).unwrap().text(), lines);
    }
    let file = CommandLine::parse("/x", "-f /a -f/b").unwrap();
    assert_eq!(file.file().unwrap(), "/b");
    for words in ["-x", "foo", "-o", "-oBanner='x'", "-h /k#1", "-"] {
        CommandLine::parse("/x", words).unwrap_err();
    }
}
