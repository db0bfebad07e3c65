use super::*;

fn sources(file: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Sources {
    let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    Sources { file: Some(("herald.toml".into(), file.into())), environment: owned(environment), flags: owned(flags) }
}

#[test]
fn defaults_are_in_range_and_documented() {
    let resolved = Sources::default().resolve().unwrap();
    assert!(resolved.settings.listen.ip().is_loopback());
    assert_eq!(resolved.in_force.len(), DEFINITIONS.len());
    for definition in DEFINITIONS {
        assert!(
            definition.doc.ends_with('.') && !definition.doc.contains("  "),
            "{}: {:?}",
            definition.name,
            definition.doc
        );
        assert_eq!(definition.bounds.is_range(), !definition.unit.is_empty(), "{}", definition.name);
    }
}

#[test]
fn the_strongest_source_wins() {
    let file = "listen = \"127.0.0.1:1\"\npartitions = 2\nlog_filter = \"warn\"\n";
    let environment =
        [("HERALD_PARTITIONS", "3"), ("HERALD_LISTEN", "127.0.0.1:2"), ("PATH", "/bin"), ("HERALD_TOKEN", "x")];
    let resolved = sources(file, &environment, &[("listen", "127.0.0.1:3")]).resolve().unwrap();
    assert_eq!(resolved.settings.listen, "127.0.0.1:3".parse().unwrap());
    assert_eq!(resolved.settings.partitions, 3);
    assert_eq!(resolved.settings.log_filter, "warn");
    let source = |name: &str| {
        resolved.in_force.iter().find(|(definition, _)| definition.name == name).unwrap().1.source.to_string()
    };
    assert_eq!(source("listen"), "flag");
    assert_eq!(source("partitions"), "environment HERALD_PARTITIONS");
    assert_eq!(source("log_filter"), "file herald.toml");
    assert_eq!(source("rate_burst"), "default");
}

#[test]
fn what_is_wrong_is_named() {
    let whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    for (file, environment, says) in [
        ("lisen = \"x\"", vec![], "file herald.toml: there is no setting `lisen`; did you mean `listen`?"),
        ("", vec![("HERALD_PARTITION", "2")], "environment HERALD_PARTITION: there is no setting `partition`"),
        ("partitions = 65", vec![], "file herald.toml: `partitions`: `65` is not a number of partitions from 1 to 64"),
        ("partitions = -1", vec![], "`-1` is not a number"),
        ("partitions = true", vec![], "neither text nor a whole number"),
        ("log_format = \"xml\"", vec![], "write `human` or `json`"),
        ("listen = \"8420\"", vec![], "`127.0.0.1:8420`"),
        ("data = \"\"", vec![], "name a folder"),
        ("webhook_allowed_internal = \"::what::\"", vec![], "`::what::`"),
        ("a = 1\nb = = 2", vec![], "(line 2)"),
        ("[secrets]\nline-2 = \"hunter2hunter2\"", vec![], "secret `line-2`"),
        (
            "[secrets]\na-b = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\na_b = \"x\"",
            vec![],
            "the secret `a_b` is given twice: it is the same as `a-b`",
        ),
        ("[secrets]\nx = 1", vec![], "the secret `x` is not a string"),
    ] {
        let error = sources(file, &environment, &[]).resolve().unwrap_err().to_string();
        assert!(error.contains(says), "{file}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    // Everything wrong is said at once.
    let error = sources("x = 1\npartitions = 0\nrate_burst = 0", &[], &[]).resolve().unwrap_err();
    assert_eq!(error.0.len(), 3, "{error}");
    let file = format!("[secrets]\nline-2 = \"{whsec}\"\nline_3 = \"{whsec}\"\nline_4 = \"{whsec}\"");
    let secrets = sources(&file, &[("HERALD_SECRET_LINE_3", whsec), ("HERALD_SECRET_LINE_5", whsec)], &[]);
    let resolved = secrets.resolve().unwrap();
    assert_eq!(resolved.secrets.keys().collect::<Vec<_>>(), ["line-2", "line-3", "line-4", "line-5"]);
    assert_eq!(resolved.secrets["line-3"].source.to_string(), "environment HERALD_SECRET_LINE_3");
    assert!(!format!("{resolved:?}").contains(whsec));
}
