//! Where the binary log is read: by another driver, at the address that the first one was given.

use std::path::PathBuf;

use mysql_async::{ClientIdentity, Conn, DriverError, Opts, OptsBuilder, SslOpts};
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use url::Url;

use crate::IndexerError;

/// An address with the encryption that it asks for.
#[derive(Debug, Clone)]
pub(crate) struct LogAddress {
    options: Opts,
    /// A server that cannot encrypt will do.
    may_be_plain: bool,
}

impl LogAddress {
    /// Reads `mysql://user:password@host:port/database`, with `ssl-mode`, `ssl-ca`, `ssl-cert` and `ssl-key` as sqlx has
    /// them: by default encrypted if the server can, and with whatever certificate.
    pub(crate) fn parse(url: &str) -> Result<Self, IndexerError> {
        let mode = url.parse::<MySqlConnectOptions>().map_err(IndexerError::Address)?.get_ssl_mode();
        let invalid = |error: &str| IndexerError::Address(sqlx::Error::Configuration(error.into()));
        let mut url = Url::parse(url).map_err(|error| invalid(&error.to_string()))?;
        let file = |names: [&str; 2]| {
            url.query_pairs().find(|(name, _)| names.contains(&&**name)).map(|(_, path)| PathBuf::from(&*path))
        };
        let (ca, cert, key) = (file(["ssl-ca", "sslca"]), file(["ssl-cert", "sslcert"]), file(["ssl-key", "sslkey"]));
        let encrypted = SslOpts::default()
            .with_root_certs(ca.into_iter().map(Into::into).collect())
            .with_client_identity(cert.zip(key).map(|(cert, key)| ClientIdentity::new(cert.into(), key.into())));
        let encrypted = match mode {
            MySqlSslMode::Disabled => None,
            MySqlSslMode::Preferred | MySqlSslMode::Required => Some(encrypted.with_danger_accept_invalid_certs(true)),
            MySqlSslMode::VerifyCa => Some(encrypted.with_danger_skip_domain_validation(true)),
            MySqlSslMode::VerifyIdentity => Some(encrypted),
        };
        url.set_query(None);
        let options = Opts::from_url(url.as_str()).map_err(|error| invalid(&error.to_string()))?;
        let options = OptsBuilder::from_opts(options).ssl_opts(encrypted).into();
        Ok(Self { options, may_be_plain: matches!(mode, MySqlSslMode::Preferred) })
    }

    pub(crate) async fn connect(&self) -> Result<Conn, mysql_async::Error> {
        match Conn::new(self.options.clone()).await {
            Err(mysql_async::Error::Driver(DriverError::NoClientSslFlagFromServer)) if self.may_be_plain => {
                Conn::new(OptsBuilder::from_opts(self.options.clone()).ssl_opts(None::<SslOpts>)).await
            }
            connected => connected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_asks_for_the_encryption_that_it_names() {
        let read = |query: &str| {
            let address = LogAddress::parse(&format!("mysql://user:p%40ss@shop:3307/openrace{query}")).unwrap();
            assert_eq!((address.options.ip_or_hostname(), address.options.tcp_port()), ("shop", 3307));
            assert_eq!((address.options.user(), address.options.pass()), (Some("user"), Some("p@ss")));
            let verified = address.options.ssl_opts().map(|ssl| !ssl.accept_invalid_certs());
            let named =
                address.options.ssl_opts().map(|ssl| !ssl.accept_invalid_certs() && !ssl.skip_domain_validation());
            (verified, named, address.may_be_plain)
        };
        assert_eq!(read(""), (Some(false), Some(false), true));
        assert_eq!(read("?ssl-mode=DISABLED"), (None, None, false));
        assert_eq!(read("?charset=utf8mb4&ssl-mode=REQUIRED"), (Some(false), Some(false), false));
        assert_eq!(read("?ssl-mode=VERIFY_CA&ssl-ca=/etc/ca.pem"), (Some(true), Some(false), false));
        assert_eq!(read("?sslmode=verify_identity&ssl-ca=%2Fetc%2Fca.pem"), (Some(true), Some(true), false));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in ["shop:3306", "mysql://", "postgres://shop/openrace", "mysql://shop/openrace?ssl-mode=SOMETIMES"] {
            assert!(LogAddress::parse(url).is_err(), "{url}");
        }
    }
}
