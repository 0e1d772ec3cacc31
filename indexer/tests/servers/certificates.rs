//! Certificates for servers of a test's own.

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// Writes an authority, and the certificate that it gives to a server of this name.
pub(crate) fn certify(folder: &Path, name: &str) {
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

/// Options of a server that shows this certificate.
pub(crate) fn options(folder: &Path) -> String {
    let file = |name| folder.join(name).display().to_string();
    format!("--ssl-ca={} --ssl-cert={} --ssl-key={}", file("ca.pem"), file("cert.pem"), file("key.pem"))
}

/// The part of an address that asks for this encryption, verified by this folder's authority.
pub(crate) fn query(mode: &str, folder: &Path) -> String {
    format!("ssl-mode={mode}&ssl-ca={}", folder.join("ca.pem").display())
}
