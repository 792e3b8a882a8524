#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| recon::fuzz::pushbullet_frame(data));
