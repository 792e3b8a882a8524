//! The one implementation of TLS that this program uses.

/// Has every TLS connection of this process use ring; whoever comes first decides, and all say the same.
pub fn use_ring() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
