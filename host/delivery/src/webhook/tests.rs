use super::{Endpoint, EndpointError, SettingsError, WebhookConnector, WebhookSettings};
use crate::signature::Secret;

#[test]
fn endpoints_are_checked_and_never_shown_whole() {
    let secret: Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
    let some = vec![secret.clone(), secret];
    let cases = [
        ("https://hooks.example.com/token?token=1", some.clone(), None),
        ("http://10.0.0.1:8080/", some.clone(), None),
        ("hooks.example.com", some.clone(), Some("malformed: relative URL without a base")),
        ("https://user@example.com/", some.clone(), Some("user name or a password")),
        ("https://:token@example.com/", some.clone(), Some("user name or a password")),
        ("ftp://example.com/", some.clone(), Some("must be `https://`")),
        ("unix:/run/token", some.clone(), Some("must be `https://`")),
        ("https://exa{mple/", some.clone(), Some("must be `https://`")),
        ("https://example.com/", vec![], Some("1 to 4 secrets, this one has 0")),
        (
            "https://example.com/",
            [some.clone(), some.clone(), some.clone()].concat(),
            Some("1 to 4 secrets, this one has 6"),
        ),
    ];
    for (url, secrets, expected) in cases {
        let endpoint = Endpoint::new(url, secrets);
        let shown = format!("{endpoint:?}");
        assert!(!shown.contains("token"), "{shown}");
        match (endpoint, expected) {
            (Ok(_), None) => {}
            (Err(error), Some(part)) => assert!(error.to_string().contains(part), "{url}: {error}"),
            (endpoint, _) => panic!("{url}: {endpoint:?}"),
        }
    }
    let long = format!("https://example.com/{}", "x".repeat(2_048));
    assert_eq!(Endpoint::new(&long, some).map(|_| ()), Err(EndpointError::TooLong { bytes: 2_068 }));
}

#[test]
fn settings_are_checked() {
    let cases = [
        ("", None),
        ("total_timeout_ms = 30000\nallowed_internal = ['10.0.0.0/8', 'intern:8443']", None),
        ("total_timeout_ms = 0", Some("`total_timeout_ms` is 0, it must be 1 to 120000")),
        ("connect_timeout_ms = 120001", Some("`connect_timeout_ms` is 120001")),
        ("allowed_internal = ['10.0.0.1/8']", Some("write `10.0.0.0/8` for the network")),
        ("additional_roots_pem = 'ca.pem'", Some("there is none in it")),
        (
            "additional_roots_pem = '''-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'''",
            Some("must be certificates in PEM"),
        ),
        ("follow_redirects = true", Some("unknown field `follow_redirects`")),
    ];
    for (text, expected) in cases {
        let result = toml::from_str::<WebhookSettings>(text)
            .map_err(|error| error.to_string())
            .and_then(|settings| WebhookConnector::new(settings).map_err(|error: SettingsError| error.to_string()));
        match (result, expected) {
            (Ok(_), None) => {}
            (Err(error), Some(part)) => assert!(error.contains(part), "{text}: {error}"),
            (result, _) => panic!("{text}: {:?}", result.map(|_| ())),
        }
    }
}
