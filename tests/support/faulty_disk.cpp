// SPDX-License-Identifier: Apache-2.0
#include "faulty_disk.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "allocations.hpp"

namespace promoflow::test {

// SQLite is C: an exception must not pass through it. So the disk's own allocations do not fail.

/// An open file, as SQLite sees it. `base` must come first.
struct DiskFile {
  sqlite3_file base;
  FaultyDisk* disk;
  std::shared_ptr<FaultyDisk::Content>* content;
  bool syncs_directory;  ///< At its first sync, as SQLite's own file system does for journals.

  static DiskFile& of(sqlite3_file* file) { return *reinterpret_cast<DiskFile*>(file); }

  static int close(sqlite3_file* file) {
    delete of(file).content;
    return SQLITE_OK;
  }

  static int read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
    const std::string& bytes = (*of(file).content)->written;
    const auto begin = std::min(static_cast<std::size_t>(offset), bytes.size());
    const auto count = std::min(static_cast<std::size_t>(size), bytes.size() - begin);
    std::memcpy(out, bytes.data() + begin, count);
    std::memset(static_cast<char*>(out) + count, 0, static_cast<std::size_t>(size) - count);
    return count == static_cast<std::size_t>(size) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }

  static int change(DiskFile& file, FaultyDisk::Write write) {
    FaultyDisk::Content& content = **file.content;
    const bool is_crash = file.disk->fault_ == Fault::Crash;
    const int code = file.disk->next_operation(!write.truncates);
    if (code != SQLITE_OK) {
      // The write during which the power is cut may have reached the disk in part.
      if (is_crash && file.disk->operations_ == file.disk->fault_at_) {
        content.pending.push_back(std::move(write));
        file.disk->last_written_ = *file.content;
      }
      return code;
    }
    FaultyDisk::apply(content.written, write);
    content.pending.push_back(std::move(write));
    file.disk->last_written_ = *file.content;
    return SQLITE_OK;
  }

  static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
    const UnlimitedAllocations unlimited;
    return change(of(file), {.offset = static_cast<std::uint64_t>(offset),
                             .bytes = std::string(static_cast<const char*>(bytes),
                                                  static_cast<std::size_t>(size))});
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    const UnlimitedAllocations unlimited;
    return change(of(file), {.offset = static_cast<std::uint64_t>(size), .truncates = true});
  }

  static int sync(sqlite3_file* file, int /*flags*/) {
    const UnlimitedAllocations unlimited;
    DiskFile& self = of(file);
    if (const int code = self.disk->next_operation(false); code != SQLITE_OK) { return code; }
    FaultyDisk::Content& content = **self.content;
    content.synced = content.written;
    content.pending.clear();
    if (self.syncs_directory) { self.disk->synced_names_ = self.disk->names_; }
    self.syncs_directory = false;
    return SQLITE_OK;
  }

  static int size(sqlite3_file* file, sqlite3_int64* out) {
    *out = static_cast<sqlite3_int64>((*of(file).content)->written.size());
    return SQLITE_OK;
  }

  // One process, one connection: every lock is free.
  static int lock(sqlite3_file*, int) { return SQLITE_OK; }
  static int check_lock(sqlite3_file*, int* out) {
    *out = 0;
    return SQLITE_OK;
  }
  static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector_size(sqlite3_file*) { return 512; }
  static int characteristics(sqlite3_file*) { return 0; }

  static int map_shared(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
    const UnlimitedAllocations unlimited;
    std::vector<std::string>& regions = of(file).disk->shared_memory_;
    *out = nullptr;
    if (static_cast<std::size_t>(region) >= regions.size()) {
      if (extend == 0) { return SQLITE_OK; }
      // Addresses must stay: room for all that a test needs is reserved.
      if (regions.capacity() == 0) { regions.reserve(64); }
      if (regions.capacity() <= static_cast<std::size_t>(region)) { return SQLITE_NOMEM; }
      regions.resize(static_cast<std::size_t>(region) + 1);
    }
    std::string& memory = regions[static_cast<std::size_t>(region)];
    if (memory.empty()) { memory.assign(static_cast<std::size_t>(size), '\0'); }
    *out = memory.data();
    return SQLITE_OK;
  }
  static int lock_shared(sqlite3_file*, int, int, int) { return SQLITE_OK; }
  static void barrier(sqlite3_file*) {}
  static int unmap_shared(sqlite3_file* file, int /*remove*/) {
    of(file).disk->shared_memory_.clear();
    return SQLITE_OK;
  }
};

namespace {

constexpr sqlite3_io_methods kMethods = {
    2,
    DiskFile::close,
    DiskFile::read,
    DiskFile::write,
    DiskFile::truncate,
    DiskFile::sync,
    DiskFile::size,
    DiskFile::lock,
    DiskFile::lock,
    DiskFile::check_lock,
    DiskFile::control,
    DiskFile::sector_size,
    DiskFile::characteristics,
    DiskFile::map_shared,
    DiskFile::lock_shared,
    DiskFile::barrier,
    DiskFile::unmap_shared,
    nullptr,
    nullptr,
};

}  // namespace

FaultyDisk::FaultyDisk(std::string name) : name_(std::move(name)) {
  vfs_ = *sqlite3_vfs_find(nullptr);  // Time, chance and sleep are the system's.
  vfs_.szOsFile = sizeof(DiskFile);
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = open;
  vfs_.xDelete = remove;
  vfs_.xAccess = access;
  vfs_.xFullPathname = full_path;
  sqlite3_vfs_register(&vfs_, 0);
}

FaultyDisk::~FaultyDisk() { sqlite3_vfs_unregister(&vfs_); }

int FaultyDisk::open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
  const UnlimitedAllocations unlimited;
  FaultyDisk& disk = of(vfs);
  file->pMethods = nullptr;
  if (path == nullptr) { return SQLITE_CANTOPEN; }  // Temporary files are kept in memory.
  const auto place = disk.names_.find(path);
  const bool is_new = place == disk.names_.end();
  if (is_new) {
    if ((flags & SQLITE_OPEN_CREATE) == 0) { return SQLITE_CANTOPEN; }
    if (const int code = disk.next_operation(true); code != SQLITE_OK) { return SQLITE_CANTOPEN; }
    disk.names_.emplace(path, std::make_shared<Content>());
  }
  constexpr int kJournals = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;
  DiskFile& opened = DiskFile::of(file);
  opened.disk = &disk;
  opened.content = new std::shared_ptr<Content>(disk.names_.at(path));
  opened.syncs_directory = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & kJournals) != 0;
  file->pMethods = &kMethods;
  if (out != nullptr) { *out = flags; }
  return SQLITE_OK;
}

int FaultyDisk::remove(sqlite3_vfs* vfs, const char* path, int sync_directory) {
  const UnlimitedAllocations unlimited;
  FaultyDisk& disk = of(vfs);
  if (const int code = disk.next_operation(false); code != SQLITE_OK) {
    return SQLITE_IOERR_DELETE;
  }
  if (disk.names_.erase(path) == 0) { return SQLITE_IOERR_DELETE_NOENT; }
  if (sync_directory != 0) { disk.synced_names_ = disk.names_; }
  return SQLITE_OK;
}

int FaultyDisk::access(sqlite3_vfs* vfs, const char* path, int /*flags*/, int* result) {
  const UnlimitedAllocations unlimited;
  const Names& names = of(vfs).names_;
  const auto place = names.find(path);
  *result = place != names.end() ? 1 : 0;
  return SQLITE_OK;
}

int FaultyDisk::full_path(sqlite3_vfs* /*vfs*/, const char* path, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", path);
  return SQLITE_OK;
}

void FaultyDisk::apply(std::string& bytes, const Write& write) {
  const auto offset = static_cast<std::size_t>(write.offset);
  if (write.truncates) {
    bytes.resize(std::min(bytes.size(), offset));
    return;
  }
  if (bytes.size() < offset + write.bytes.size()) { bytes.resize(offset + write.bytes.size()); }
  bytes.replace(offset, write.bytes.size(), write.bytes);
}

int FaultyDisk::next_operation(bool writes) {
  ++operations_;
  if (fault_ == Fault::None || operations_ < fault_at_) { return SQLITE_OK; }
  const bool once = fault_ == Fault::ErrorOnce || fault_ == Fault::FullOnce;
  if (once && operations_ > fault_at_) { return SQLITE_OK; }
  const bool full = fault_ == Fault::FullOnce || fault_ == Fault::FullFor;
  if (full && !writes) { return SQLITE_OK; }
  has_failed_ = true;
  return full ? SQLITE_FULL : SQLITE_IOERR;
}

void FaultyDisk::plan(Fault fault, std::uint64_t operation) {
  fault_ = fault;
  fault_at_ = operations_ + operation;
  has_failed_ = false;
}

void FaultyDisk::restart(Survivors survivors) {
  fault_ = Fault::None;
  has_failed_ = false;
  shared_memory_.clear();
  if (survivors != Survivors::All) { names_ = synced_names_; }
  for (auto& [path, content] : names_) {
    if (survivors == Survivors::All) {
      content->synced = content->written;
    } else if (survivors == Survivors::TornLast && content == last_written_ &&
               !content->pending.empty()) {
      Write torn = content->pending.back();
      torn.bytes.resize(torn.bytes.size() / 2);
      apply(content->synced, torn);
    }
    content->written = content->synced;
    content->pending.clear();
  }
  synced_names_ = names_;
  last_written_.reset();
}

bool FaultyDisk::exists(const std::string& path) const { return names_.contains(path); }

}  // namespace promoflow::test
