//! A format in Rust, against the C headers alone: what it needs of weft/abi is written down below by hand. It reads the
//! container of the format skeleton:
//!   rusty 1
//!   NAME DIM DIM ...      one line for each tensor: f32, row-major, innermost dim last
//!                         an empty line; then the tensors' bytes, in the order of the lines
//! The host maps the files and checks every extent that the sink is given; the plugin opens nothing.
#![deny(improper_ctypes_definitions)]

use std::ffi::c_void;
use std::mem::{size_of, zeroed};
use std::panic::{catch_unwind, AssertUnwindSafe};

// --- weft/abi/base.h, plugin.h and format.h, as far as this plugin uses them ---

const ABI_MAJOR: u32 = 0;
const ABI_MINOR: u32 = 4;
const INVALID_ARGUMENT: u32 = 3;
const INTERNAL: u32 = 13;
const F32: u32 = 1;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Hdr {
    struct_size: u32,
    reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    data: *const u8,
    size: u64,
}

#[repr(C)]
pub struct Status {
    _opaque: [u8; 0],
}

/// The first fields of weft_host. A plugin may know fewer fields than there are.
#[repr(C)]
pub struct Host {
    hdr: Hdr,
    abi_major: u32,
    abi_minor: u32,
    ctx: *mut c_void,
    status_new: unsafe extern "C" fn(*mut c_void, u32, Str) -> *mut Status,
}

#[repr(C)]
pub struct StringSink {
    hdr: Hdr,
    ctx: *mut c_void,
    set: unsafe extern "C" fn(*mut c_void, Str),
}

#[repr(C)]
pub struct Files {
    hdr: Hdr,
    ctx: *mut c_void,
    n_files: u32,
    reserved: u32,
    chosen: Str,
    name: unsafe extern "C" fn(*mut c_void, u32) -> Str,
    map: unsafe extern "C" fn(*mut c_void, Str, *mut u32, *mut *const u8, *mut u64) -> *mut Status,
}

#[repr(C)]
pub struct StoredTensor {
    hdr: Hdr,
    name: Str,
    dtype: u32,
    rank: u32,
    n_planes: u32,
    reserved: u32,
    dims: *const i64,
    file: [u32; 4],
    offset: [u64; 4],
    bytes: [u64; 4],
}

#[repr(C)]
pub struct FormatSink {
    hdr: Hdr,
    ctx: *mut c_void,
    tensor: unsafe extern "C" fn(*mut c_void, *const StoredTensor) -> *mut Status,
}

#[repr(C)]
pub struct Format {
    hdr: Hdr,
    this: *mut c_void,
    get_extension: Option<unsafe extern "C" fn(*mut c_void, Str) -> *const c_void>,
    id: Str,
    locate: unsafe extern "C" fn(*mut c_void, *const Files, *mut u32, *const StringSink) -> *mut Status,
    read: unsafe extern "C" fn(*mut c_void, *const Files, Str, *const FormatSink) -> *mut Status,
}

#[repr(C)]
pub struct PluginTable {
    hdr: Hdr,
    abi_major: u32,
    abi_minor: u32,
    id: Str,
    version: Str,
    vendor: Str,
    init: unsafe extern "C" fn(*const Host, *const c_void, *mut *mut c_void) -> *mut Status,
    shutdown: unsafe extern "C" fn(*mut c_void),
    get_interface: unsafe extern "C" fn(*mut c_void, Str, u32) -> *const c_void,
}
unsafe impl Sync for PluginTable {} // constant data

const fn hdr<T>() -> Hdr {
    Hdr { struct_size: size_of::<T>() as u32, reserved: 0 }
}

const fn text(s: &str) -> Str {
    Str { data: s.as_ptr(), size: s.len() as u64 }
}

/// The bytes of a string of the host's, which may be NULL when it is empty.
unsafe fn bytes<'a>(s: Str) -> &'a [u8] {
    if s.size == 0 { &[] } else { std::slice::from_raw_parts(s.data, s.size as usize) }
}

// --- the plugin ---

struct Plugin {
    host: *const Host,
    table: Format,
}

/// What went wrong: a message of this plugin's, or a status of the host's, which is handed on.
enum Failure {
    Message(String),
    Status(*mut Status),
}

fn refuse<T>(message: String) -> Result<T, Failure> {
    Err(Failure::Message(message))
}

/// NULL means OK.
fn done(status: *mut Status) -> Result<(), Failure> {
    if status.is_null() { Ok(()) } else { Err(Failure::Status(status)) }
}

/// Runs `body` and turns what goes wrong into a status, also a panic, which must not leave the plugin.
unsafe fn guard(host: *const Host, body: impl FnOnce() -> Result<(), Failure>) -> *mut Status {
    let (code, message) = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => return std::ptr::null_mut(),
        Ok(Err(Failure::Status(status))) => return status,
        Ok(Err(Failure::Message(message))) => (INVALID_ARGUMENT, message),
        Err(_) => (INTERNAL, "a panic in com.example.rusty".to_string()),
    };
    ((*host).status_new)((*host).ctx, code, text(&message))
}

/// Score 0: this format has no file here.
unsafe extern "C" fn locate(
    this: *mut c_void, files: *const Files, score: *mut u32, entry: *const StringSink,
) -> *mut Status {
    guard((*(this as *const Plugin)).host, || {
        *score = 0;
        let chosen = (*files).chosen;
        if chosen.size > 0 {
            if bytes(chosen).ends_with(b".rusty") {
                *score = 100;
                ((*entry).set)((*entry).ctx, chosen);
            }
            return Ok(());
        }
        for i in 0..(*files).n_files {
            let name = ((*files).name)((*files).ctx, i);
            if bytes(name) == b"model.rusty" {
                *score = 90;
                ((*entry).set)((*entry).ctx, name);
            }
        }
        Ok(())
    })
}

/// A tensor's name, dims and size in bytes, from its line.
fn parse_line(line: &[u8], most: u64) -> Option<(&[u8], Vec<i64>, u64)> {
    let mut words = line.split(|b| *b == b' ');
    let (name, mut dims, mut size) = (words.next()?, Vec::new(), 4u64);
    for word in words {
        let dim: i64 = std::str::from_utf8(word).ok()?.parse().ok()?;
        if dim < 1 || dims.len() == 8 {
            return None;
        }
        size = size.checked_mul(dim as u64).filter(|s| *s <= most)?;
        dims.push(dim);
    }
    if dims.is_empty() { None } else { Some((name, dims, size)) }
}

unsafe extern "C" fn read(
    this: *mut c_void, files: *const Files, entry: Str, sink: *const FormatSink,
) -> *mut Status {
    guard((*(this as *const Plugin)).host, || {
        let name = String::from_utf8_lossy(bytes(entry)).into_owned();
        let (mut file, mut data, mut size) = (0u32, std::ptr::null(), 0u64);
        done(((*files).map)((*files).ctx, entry, &mut file, &mut data, &mut size))?;
        let all = bytes(Str { data, size });
        let lines = &all[..all.len().min(1 << 20)]; // the lines are 1 MiB at most
        let end = match lines.windows(2).position(|pair| pair == b"\n\n") {
            Some(end) => end,
            None => return refuse(format!("{name}: no empty line after the tensors' names")),
        };
        let mut rest = lines[..end].split(|b| *b == b'\n');
        if rest.next() != Some(b"rusty 1") {
            return refuse(format!("{name}: the first line is not \"rusty 1\""));
        }
        let mut offset = end as u64 + 2;
        for (i, line) in rest.enumerate() {
            let (tensor, dims, bytes) = match parse_line(line, size) {
                Some(parsed) => parsed,
                None => return refuse(format!("{name}: line {} has no name and 1 to 8 dims that fit", i + 2)),
            };
            let mut t: StoredTensor = zeroed();
            t.hdr = hdr::<StoredTensor>();
            t.name = Str { data: tensor.as_ptr(), size: tensor.len() as u64 };
            (t.dtype, t.n_planes, t.rank, t.dims) = (F32, 1, dims.len() as u32, dims.as_ptr());
            (t.file[0], t.offset[0], t.bytes[0]) = (file, offset, bytes);
            done(((*sink).tensor)((*sink).ctx, &t))?; // refuses one that ends after the file
            offset += bytes;
        }
        Ok(())
    })
}

unsafe extern "C" fn init(host: *const Host, _options: *const c_void, this: *mut *mut c_void) -> *mut Status {
    guard(host, || {
        std::panic::set_hook(Box::new(|_| {})); // a plugin prints nothing
        let mut plugin = Box::new(Plugin {
            host,
            table: Format {
                hdr: hdr::<Format>(),
                this: std::ptr::null_mut(),
                get_extension: None,
                id: text("rusty"),
                locate,
                read,
            },
        });
        plugin.table.this = &mut *plugin as *mut Plugin as *mut c_void;
        *this = Box::into_raw(plugin) as *mut c_void;
        Ok(())
    })
}

unsafe extern "C" fn shut_down(this: *mut c_void) {
    if !this.is_null() {
        drop(Box::from_raw(this as *mut Plugin));
    }
}

unsafe extern "C" fn get_interface(this: *mut c_void, id: Str, n: u32) -> *const c_void {
    if n == 0 && bytes(id) == b"weft.format/0" {
        return &(*(this as *const Plugin)).table as *const Format as *const c_void;
    }
    std::ptr::null()
}

static TABLE: PluginTable = PluginTable {
    hdr: hdr::<PluginTable>(),
    abi_major: ABI_MAJOR,
    abi_minor: ABI_MINOR,
    id: text("com.example.rusty"),
    version: text("0.1.0"),
    vendor: text("com.example"),
    init,
    shutdown: shut_down,
    get_interface,
};

#[no_mangle]
pub extern "C" fn weft_plugin_query_v1(host_major: u32, host_minor: u32) -> *const PluginTable {
    if host_major == ABI_MAJOR && host_minor >= ABI_MINOR { &TABLE } else { std::ptr::null() }
}
