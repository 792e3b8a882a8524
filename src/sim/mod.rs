//! Simulators of the systems that recon listens to, for the demo and the tests. They share no code with what listens to
//! them but the encryption, whose published vectors hold both.

pub mod pushbullet;
