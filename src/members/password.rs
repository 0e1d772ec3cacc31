//! Passwords: what they may be, and what is kept of them.

use std::{sync::Arc, thread};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use serde::Deserialize;
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Passwords that may wait to be hashed; each takes 19 MiB and tens of milliseconds.
const WAITING: usize = 64;
/// Longer ones are not even looked at, in bytes.
const LONGEST: usize = 1024;
/// The first ones that are tried, and all of the same kind: of eight characters or more, in lower case.
const COMMON: &[&str] = &[
    "12341234",
    "12345678",
    "123123123",
    "123456789",
    "1234567890",
    "0123456789",
    "0987654321",
    "11111111",
    "1111111111",
    "00000000",
    "11112222",
    "12121212",
    "123qwe123",
    "147258369",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "1qaz2wsx3edc",
    "66666666",
    "77777777",
    "87654321",
    "88888888",
    "987654321",
    "99999999",
    "aaaaaaaa",
    "abc12345",
    "abcd1234",
    "abcdefgh",
    "admin123",
    "administrator",
    "asdf1234",
    "asdfasdf",
    "asdfghjk",
    "asdfghjkl",
    "baseball",
    "changeme",
    "charlie1",
    "computer",
    "corvette",
    "dkssudgktpdy",
    "dragon12",
    "football",
    "gksrnrdls",
    "google12",
    "iloveyou",
    "iloveyou1",
    "internet",
    "jennifer",
    "letmein1",
    "liverpool",
    "master12",
    "michelle",
    "mustang1",
    "naver1234",
    "p@ssw0rd",
    "pa55word",
    "passw0rd",
    "password",
    "password!",
    "password1",
    "password12",
    "password123",
    "princess",
    "q1w2e3r4",
    "q1w2e3r4t5",
    "qazwsxedc",
    "qlalfqjsgh",
    "qwer1234",
    "qwerqwer",
    "qwerty12",
    "qwerty123",
    "qwertyui",
    "qwertyuiop",
    "rlaalswns",
    "samsung1",
    "starwars",
    "sunshine",
    "superman",
    "test1234",
    "tkfkdgo",
    "tkfkdgo1",
    "trustno1",
    "welcome1",
    "whatever",
    "xptmxm1234",
    "zaq12wsx",
    "zxcv1234",
    "zxcvbnm1",
    "zxcvbnm123",
    "openrace",
    "openrace1",
];

/// A password that a member may choose.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct NewPassword(String);

impl TryFrom<String> for NewPassword {
    type Error = &'static str;

    fn try_from(password: String) -> Result<Self, Self::Error> {
        if password.len() > LONGEST || !(8..=128).contains(&password.chars().count()) {
            return Err("must have 8 to 128 characters");
        }
        if COMMON.contains(&password.to_lowercase().as_str()) {
            return Err("is one of the first that anybody would try: choose another");
        }
        Ok(Self(password))
    }
}

/// A password that somebody claims to be the right one.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct GivenPassword(String);

impl TryFrom<String> for GivenPassword {
    type Error = &'static str;

    fn try_from(password: String) -> Result<Self, Self::Error> {
        if password.len() > LONGEST { Err("must have at most 128 characters") } else { Ok(Self(password)) }
    }
}

/// Why a password was not hashed or compared.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many others wait.
    #[error("too many passwords at once")]
    Overloaded,
    /// The hash failed, or one in MySQL is none.
    #[error("a password cannot be hashed")]
    Hash(#[from] argon2::password_hash::Error),
    /// A hash in MySQL cannot be read.
    #[error("a password's hash cannot be read")]
    Stored(#[from] argon2::password_hash::phc::Error),
    /// The thread panicked.
    #[error("a password's thread failed")]
    Panicked(#[from] tokio::task::JoinError),
}

/// Whether a password was right, and what is to be kept of it from now on if its hash is weaker than today's.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was not, or there is no such account.
    Wrong,
    /// It was.
    Right {
        /// A stronger hash.
        better_hash: Option<String>,
    },
}

/// Hashes and compares on a bounded number of threads: argon2id with 19 MiB and two passes.
#[derive(Clone)]
pub(super) struct Passwords {
    /// For those who wait and those who have a thread.
    places: Arc<Semaphore>,
    threads: Arc<Semaphore>,
    /// Compared with where there is no account, so that the answer takes as long.
    nobodys: Arc<str>,
}

impl Passwords {
    /// Leaves half of the processors to everything else.
    pub(super) fn new() -> Result<Self, PasswordError> {
        let threads = thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2));
        let nobodys = Argon2::default().hash_password(b"nobody has this password")?.to_string();
        Ok(Self {
            places: Arc::new(Semaphore::new(threads + WAITING)),
            threads: Arc::new(Semaphore::new(threads)),
            nobodys: nobodys.into(),
        })
    }

    /// What is kept of a new password, as a PHC string.
    pub(super) async fn hash(&self, password: NewPassword) -> Result<String, PasswordError> {
        self.run(move || Ok(Argon2::default().hash_password(password.0.as_bytes())?.to_string())).await
    }

    /// Compares with what was kept; takes as long where nothing was.
    pub(super) async fn verify(&self, password: GivenPassword, kept: Option<String>) -> Result<Verdict, PasswordError> {
        let nobodys = Arc::clone(&self.nobodys);
        self.run(move || compare(password.0.as_bytes(), kept.as_deref(), &nobodys)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        // Both permits go along: a client that leaves frees neither place nor thread while the thread still works.
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| PasswordError::Overloaded)?;
        let thread = Arc::clone(&self.threads).acquire_owned().await.map_err(|_| PasswordError::Overloaded)?;
        spawn_blocking(move || {
            let _permits = (place, thread);
            work()
        })
        .await?
    }
}

fn compare(password: &[u8], kept: Option<&str>, nobodys: &str) -> Result<Verdict, PasswordError> {
    let hash = PasswordHash::new(kept.unwrap_or(nobodys))?;
    let matches = Argon2::default().verify_password(password, &hash).is_ok();
    if !matches || kept.is_none() {
        return Ok(Verdict::Wrong);
    }
    let today = PasswordHash::new(nobodys)?;
    let same = hash.algorithm == today.algorithm && hash.version == today.version && hash.params == today.params;
    let better_hash = (!same).then(|| Argon2::default().hash_password(password)).transpose()?;
    Ok(Verdict::Right { better_hash: better_hash.map(|hash| hash.to_string()) })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use argon2::Params;
    use futures_util::{FutureExt, future::join_all};
    use tokio::time::timeout;

    use super::*;

    fn given(password: &str) -> GivenPassword {
        GivenPassword(password.to_owned())
    }

    fn refused(password: &str) -> bool {
        NewPassword::try_from(password.to_owned()).is_err()
    }

    #[test]
    fn a_password_has_eight_to_128_characters_and_is_not_a_common_one() {
        assert!(!refused("비밀번호여덟글자") && !refused(&"긴".repeat(128)));
        for bad in ["short12", "Password123", "QWERTYUIOP", &"x".repeat(129), &"x".repeat(1025)] {
            assert!(refused(bad), "{bad}");
        }
    }

    #[tokio::test]
    async fn only_the_right_password_of_an_account_is_right() {
        let passwords = Passwords::new().unwrap();
        let kept = passwords.hash(NewPassword("correct horse".to_owned())).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        let right = Verdict::Right { better_hash: None };
        assert_eq!(passwords.verify(given("correct horse"), Some(kept.clone())).await.unwrap(), right);
        assert_eq!(passwords.verify(given("correct horse "), Some(kept)).await.unwrap(), Verdict::Wrong);
        assert_eq!(passwords.verify(given("nobody has this password"), None).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_weaker_hash_is_replaced_when_its_password_is_seen() {
        let weak = Argon2::from(Params::new(1024, 1, 1, None).unwrap());
        let kept = weak.hash_password(b"correct horse").unwrap().to_string();
        let verdict = Passwords::new().unwrap().verify(given("correct horse"), Some(kept)).await.unwrap();
        assert!(matches!(verdict, Verdict::Right { better_hash: Some(hash) } if hash.contains("m=19456")));
    }

    #[tokio::test]
    async fn while_all_threads_are_busy_64_passwords_wait_and_more_are_refused() {
        let passwords = Passwords::new().unwrap();
        let busy = passwords.threads.available_permits();
        let (release, released) = crossbeam_channel::bounded::<()>(0);
        let hash = || {
            let released = released.clone();
            passwords.run(move || Ok(released.recv().is_err()))
        };
        let mut taken = join_all((0..busy + 64).map(|_| hash()));
        tokio::select! {
            biased;
            _ = &mut taken => panic!("nothing is done before it is let go"),
            refused = hash() => assert!(matches!(refused, Err(PasswordError::Overloaded)), "{refused:?}"),
        }
        drop(release);
        assert!(taken.await.into_iter().all(|done| done.unwrap()));
        assert!(hash().await.unwrap(), "there is room again");
    }

    #[tokio::test]
    async fn a_password_whose_client_has_left_keeps_its_place_until_its_thread_is_done() {
        let passwords = Passwords::new().unwrap();
        let places = passwords.places.available_permits();
        let (release, released) = crossbeam_channel::bounded::<()>(0);
        let left = passwords.run(move || Ok(released.recv().is_err())).now_or_never();
        assert!(left.is_none(), "nothing is done before it is let go");
        assert_eq!(passwords.places.available_permits(), places - 1);
        drop(release);
        let all = passwords.places.acquire_many(places as u32);
        let _all = timeout(Duration::from_secs(30), all).await.expect("the place is free again").unwrap();
    }
}
