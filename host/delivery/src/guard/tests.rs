use std::net::{IpAddr, SocketAddr};

use url::Url;

use super::resolver::admitted;
use super::{Allowed, Destination, Guard, Reach, Refusal};

fn guard(allowed: &[&str]) -> Guard {
    Guard::new(allowed.iter().map(|text| text.parse().unwrap()).collect())
}

/// The guard's judgement of a URL in a word: `anywhere`, `public`, `listed`, `plain`, `no endpoint`,
/// or the range that it leads to.
#[track_caller]
fn check(allowed: &[&str], url: &str, expected: &str) {
    let judgement = match Destination::of(&Url::parse(url).unwrap()) {
        None => "no endpoint",
        Some(destination) => match guard(allowed).judge(&destination) {
            Ok(Reach::Anywhere) => "anywhere",
            Ok(Reach::PublicOrListed) => "public",
            Ok(Reach::Listed) => "listed",
            Err(Refusal::PlainHttp) => "plain",
            Err(Refusal::Internal { range, .. }) => range,
        },
    };
    assert_eq!(judgement, expected, "{url}, allowed {allowed:?}");
}

#[test]
fn addresses_in_urls() {
    let cases = [
        ("0.0.0.0", "unspecified, this network"),
        ("10.255.0.1", "private"),
        ("100.64.0.1", "shared address space of carriers"),
        ("100.100.100.200", "shared address space of carriers"),
        ("100.128.0.1", "public"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("168.63.129.16", "a cloud's platform service"),
        ("169.254.169.254", "link-local"),
        ("172.15.255.255", "public"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("172.32.0.0", "public"),
        ("192.0.0.192", "protocol assignments"),
        ("192.0.2.1", "documentation"),
        ("192.88.99.1", "6to4 relays"),
        ("192.168.1.1", "private"),
        ("198.19.255.255", "benchmarking"),
        ("198.51.100.1", "documentation"),
        ("203.0.113.1", "documentation"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("8.8.8.8", "public"),
        ("[::]", "unspecified"),
        ("[::1]", "loopback"),
        ("[::2]", "unspecified, this network"),
        ("[::ffff:127.0.0.1]", "loopback"),
        ("[::ffff:8.8.8.8]", "public"),
        ("[::10.0.0.1]", "private"),
        ("[64:ff9b::192.168.0.1]", "private"),
        ("[64:ff9b::8.8.8.8]", "public"),
        ("[64:ff9b:1::1]", "local translation to IPv4"),
        ("[100::1]", "discarded"),
        ("[2001::1]", "protocol assignments, Teredo, benchmarking"),
        ("[2001:2::1]", "protocol assignments, Teredo, benchmarking"),
        ("[2001:db8::1]", "documentation"),
        ("[2002:a9fe:a9fe::]", "link-local"),
        ("[2002:7f00:1::]", "loopback"),
        ("[2002:808:808::]", "public"),
        ("[2606:4700::1111]", "public"),
        ("[3fff::1]", "documentation"),
        ("[4000::1]", "reserved"),
        ("[5f00::1]", "reserved"),
        ("[8000::1]", "reserved"),
        ("[1fff::1]", "reserved"),
        ("[fc00::1]", "unique local"),
        ("[fd00:ec2::254]", "unique local"),
        ("[fe80::1]", "link-local"),
        ("[fec0::1]", "site-local"),
        ("[ff02::1]", "multicast"),
    ];
    for (host, expected) in cases {
        check(&[], &format!("https://{host}/"), expected);
    }
}

#[test]
fn other_spellings_of_addresses() {
    let spellings = [
        "2130706433",
        "0x7f000001",
        "017700000001",
        "127.1",
        "0177.0.0.1",
        "0x7f.1",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "１２７。０。０。１",
    ];
    for host in spellings {
        check(&[], &format!("https://{host}/"), "loopback");
    }
}

#[test]
fn schemes_and_hosts() {
    check(&[], "https://example.com/", "public");
    check(&[], "https://under_score.example.com:8443/", "public");
    // Names are judged once they are resolved.
    check(&[], "http://example.com/", "listed");
    check(&[], "http://8.8.8.8/", "plain");
    check(&[], "http://10.0.0.1/", "private");
    check(&[], "ftp://example.com/", "no endpoint");
    check(&[], "file:///etc/passwd", "no endpoint");
    check(&[], "data:,x", "no endpoint");
    check(&[], "https://a{b}/", "no endpoint");
    check(&[], "https://a*b/", "no endpoint");
    check(&[], "https://a..b/", "no endpoint");
    check(&[], &format!("https://{}/", "x".repeat(63)), "public");
    check(&[], &format!("https://{}/", "x".repeat(64)), "no endpoint");
}

#[test]
fn allowed_destinations() {
    check(&["10.0.0.0/8"], "https://10.1.2.3/", "public");
    check(&["10.0.0.0/8"], "http://10.1.2.3/", "listed");
    check(&["10.0.0.0/8"], "http://11.1.2.3/", "plain");
    check(&["10.0.0.0/8"], "https://192.168.0.1/", "private");
    check(&["10.0.0.0/8"], "https://[::ffff:10.1.2.3]/", "public");
    check(&["10.1.2.3"], "http://10.1.2.3:99/", "listed");
    check(&["10.1.2.3"], "http://10.1.2.4/", "private");
    check(&["fd12::/16"], "http://[fd12::1]/", "listed");
    check(&["::ffff:0:0/96"], "http://[::ffff:10.0.0.1]/", "listed");
    check(&["::1"], "http://[::1]:8080/", "listed");

    check(&["hooks.intern"], "http://HOOKS.intern:99/", "anywhere");
    check(&["hooks.intern"], "http://hooks.intern./", "anywhere");
    check(&["Hooks.Intern."], "https://hooks.intern/", "anywhere");
    check(&["hooks.intern"], "http://a.hooks.intern/", "listed");
    check(&["hooks.intern:443"], "https://hooks.intern/", "anywhere");
    check(&["hooks.intern:8443"], "https://hooks.intern/", "public");
    check(&["hooks.intern:80", "10.1.2.3:8080"], "http://10.1.2.3:8080/", "anywhere");
    check(&["10.1.2.3:8080"], "http://10.1.2.3/", "private");
    check(&["[::1]:8080"], "http://[::1]:8080/", "anywhere");
    check(&["[::1]:8080"], "http://[::1]/", "loopback");
    check(&["[::1]"], "http://[::1]/", "anywhere");
    check(&["公告.例子"], "http://公告.例子/", "anywhere");
}

#[track_caller]
fn check_found(reach: Reach, allowed: &[&str], found: &[&str], expected: Result<&[&str], Refusal>) {
    let found = addresses(found).into_iter().map(|address| SocketAddr::new(address, 0));
    let judged = admitted(&guard(allowed), reach, found).map(|admitted| admitted.iter().map(SocketAddr::ip).collect());
    assert_eq!(judged, expected.map(addresses));
}

#[test]
fn a_name_reaches_only_what_is_admitted_of_its_addresses() {
    let mixed = ["10.0.0.1", "8.8.8.8", "::1"];
    let inside = || Refusal::Internal { address: addresses(&mixed)[0], range: "private" };
    let public = Reach::PublicOrListed;

    check_found(public, &[], &mixed, Ok(&["8.8.8.8"]));
    check_found(public, &["10.0.0.0/8"], &mixed, Ok(&["10.0.0.1", "8.8.8.8"]));
    check_found(public, &[], &["10.0.0.1", "::1"], Err(inside()));
    check_found(public, &[], &[], Ok(&[]));
    check_found(Reach::Listed, &["::1"], &mixed, Ok(&["::1"]));
    check_found(Reach::Listed, &[], &mixed, Err(inside()));
    check_found(Reach::Listed, &[], &["8.8.8.8"], Err(Refusal::PlainHttp));
    check_found(Reach::Listed, &["8.8.8.8"], &["8.8.8.8"], Ok(&["8.8.8.8"]));
    check_found(Reach::Anywhere, &[], &mixed, Ok(&mixed));
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn malformed_entries_say_what_to_write() {
    let cases = [
        ("10.0.0.1/8", "write `10.0.0.0/8` for the network"),
        ("10.0.0.0/33", "`10.0.0.0/33` is no network"),
        ("intern/8", "`intern/8` is no network"),
        ("https://intern", "`https://intern` is no network"),
        ("*.intern", "`*.intern` is no destination"),
        ("intern:0", "`intern:0` is no destination"),
        ("intern:65536", "`intern:65536` is no destination"),
        ("intern:", "`intern:` is no destination"),
        (":8080", "`:8080` is no destination"),
        ("", "`` is no destination"),
        ("in tern", "`in tern` is no destination"),
        ("user@intern", "`user@intern` is no destination"),
        ("fd12::1:8080:x", "is no destination"),
    ];
    for (text, expected) in cases {
        let error = text.parse::<Allowed>().unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
