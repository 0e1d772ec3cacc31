//! What a member says about themselves.

use serde::Deserialize;

/// A name as others may see it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Name(String);

/// An address that a message could be sent to.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Email(String);

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let name = name.trim();
        let fits = (1..=50).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        fits.then(|| Self(name.to_owned())).ok_or("must have 1 to 50 characters")
    }
}

impl TryFrom<String> for Email {
    type Error = &'static str;

    fn try_from(email: String) -> Result<Self, Self::Error> {
        let email = email.trim().to_lowercase();
        is_address(&email).then_some(Self(email)).ok_or("must be an e-mail address such as kim@example.com")
    }
}

/// ASCII without blanks, one part before the last @ and a host with a dot behind it. Whether it exists only a message can tell.
fn is_address(email: &str) -> bool {
    let Some((local, host)) = email.rsplit_once('@') else { return false };
    let plain = email.len() <= 254 && email.bytes().all(|byte| byte.is_ascii_graphic());
    let label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    plain && (1..=64).contains(&local.len()) && !local.contains('@') && host.contains('.') && host.split('.').all(label)
}

impl Name {
    /// As it is kept.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Email {
    /// As it is kept: in lower case.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_lower_case_without_blanks_around_it() {
        let email = Email::try_from(" Kim.Min+shop@Example.COM ".to_owned()).unwrap();
        assert_eq!(email.as_str(), "kim.min+shop@example.com");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "kim",
            "kim@",
            "@example.com",
            "kim@example",
            "kim@@example.com",
            "k m@example.com",
            "김@example.com",
            "kim@exa_mple.com",
            "kim@.com",
        ] {
            assert!(Email::try_from(bad.to_owned()).is_err(), "{bad}");
        }
        assert!(Email::try_from(format!("{}@example.com", "k".repeat(65))).is_err());
    }

    #[test]
    fn a_name_is_kept_without_blanks_around_it() {
        assert_eq!(Name::try_from(" 김민수 ".to_owned()).unwrap().as_str(), "김민수");
        for bad in ["", "  ", "a\nb", &"가".repeat(51)] {
            assert!(Name::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
