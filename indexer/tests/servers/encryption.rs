//! The wire to MySQL when its address asks for a certificate that is verified.

use std::fs;
use std::path::Path;

use openrace_index::IndexHome;
use openrace_indexer::Source;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use crate::server::Server;
use crate::support::{Following, PACE, build, insert, run};

/// An authority, and the certificate that it gives to a server of this name.
fn certify(folder: &Path, name: &str) {
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    fs::write(folder.join("ca.pem"), authority.self_signed(&authority_key).unwrap().pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new([name.to_owned()]).unwrap();
    let certificate = server.signed_by(&key, &Issuer::new(authority, authority_key)).unwrap();
    fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
    fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
}

async fn server_with(folder: &Path) -> Server {
    let file = |name| folder.join(name).display().to_string();
    let (ca, cert, key) = (file("ca.pem"), file("cert.pem"), file("key.pem"));
    Server::start(&format!("--ssl-ca={ca} --ssl-cert={cert} --ssl-key={key}")).await
}

fn address(server: &Server, mode: &str, folder: &Path) -> String {
    format!("{}?ssl-mode={mode}&ssl-ca={}", server.url(), folder.join("ca.pem").display())
}

#[tokio::test]
async fn a_server_whose_certificate_is_verified_is_read_and_followed() {
    let folder = TempDir::new().unwrap();
    certify(folder.path(), "127.0.0.1");
    let server = server_with(folder.path()).await;
    insert(&server.db, 1..=5).await;
    let url = address(&server, "VERIFY_IDENTITY", folder.path());
    let index = TempDir::new().unwrap();
    build(&IndexHome::new(index.path()), &url).await;
    let following = Following::resume(index, url, PACE);
    following.catches_up().await;
    run(&server.db, "UPDATE products SET wish_count = 7 WHERE id = 2").await;
    following.until("a change of the log", |catalog| catalog.find(2).unwrap().live.wish_count == 7).await;
}

#[tokio::test]
async fn a_certificate_of_another_authority_or_for_another_name_is_refused() {
    let (folder, stranger) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    certify(folder.path(), "db.example");
    certify(stranger.path(), "127.0.0.1");
    let server = server_with(folder.path()).await;
    let connects = async |mode: &str, folder: &Path| Source::connect(&address(&server, mode, folder)).await;
    connects("VERIFY_CA", folder.path()).await.unwrap();
    for (mode, folder) in [("VERIFY_IDENTITY", &folder), ("VERIFY_CA", &stranger), ("VERIFY_IDENTITY", &stranger)] {
        let error = connects(mode, folder.path()).await.expect_err(mode).to_string();
        assert!(error.contains("certificate") && !error.contains("ofalltestservers"), "{mode}: {error}");
    }
}
