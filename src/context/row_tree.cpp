// SPDX-License-Identifier: Apache-2.0
// RowTree: copying what is about to change, and counting who uses which node.
#include "context/row_tree.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::uint32_t kSmallestLeaf = 4;

RowNode* share(RowNode* node) noexcept {
  if (node != nullptr) { node->users.fetch_add(1, std::memory_order_relaxed); }
  return node;
}

/// Gives up one use of a node that has so many levels below it. Recursion: as deep as the tree.
void release(RowNode* node, unsigned levels) noexcept {
  if (node == nullptr) { return; }
  const bool is_last = node->users.load(std::memory_order_acquire) == 1;  // Cheaper than to count.
  if (!is_last && node->users.fetch_sub(1, std::memory_order_acq_rel) != 1) { return; }
  if (levels == 0) {
    static_cast<Leaf*>(node)->~Leaf();
    ::operator delete(node);
    return;
  }
  auto* const branch = static_cast<Branch*>(node);
  for (RowNode* const child : branch->children) { release(child, levels - 1); }
  delete branch;
}

Leaf* new_leaf(std::uint64_t state, std::uint32_t capacity) {
  constexpr std::size_t kRowBytes = sizeof(Argument) + sizeof(Entry);
  void* const memory = ::operator new(sizeof(Leaf) + capacity * kRowBytes);
  return ::new (memory) Leaf(state, capacity);
}

/// A leaf with the first rows of another one. Where both have the same capacity it is one copy of
/// all that lies between them: quicker than two, though rows of later states may be among it.
Leaf* copy_leaf(const Leaf* leaf, std::uint32_t rows, std::uint64_t state, std::uint32_t capacity) {
  Leaf* const copy = new_leaf(state, capacity);
  if (leaf == nullptr) { return copy; }
  if (leaf->capacity == capacity) {
    std::memcpy(static_cast<void*>(copy->arguments()), leaf->arguments(),
                leaf->capacity * sizeof(Argument) + rows * sizeof(Entry));
  } else {
    std::copy_n(leaf->arguments(), rows, copy->arguments());
    std::copy_n(leaf->entries(), rows, copy->entries());
  }
  return copy;
}

/// Makes the branch at a place the state's own; where there is none, an empty one.
Branch& own_branch(RowNode*& place, unsigned level, std::uint64_t state) {
  if (place != nullptr && place->made_for == state) { return static_cast<Branch&>(*place); }
  auto* const copy = new Branch(state);
  if (place != nullptr) {
    const auto& children = static_cast<const Branch*>(place)->children;
    std::transform(children.begin(), children.end(), copy->children.begin(), share);
    release(place, level);
  }
  place = copy;
  return *copy;
}

}  // namespace

RowTree::RowTree(const RowTree& other) noexcept
    : root_(share(other.root_)), levels_(other.levels_) {}

RowTree::~RowTree() { release(root_, levels_); }

RowNode*& RowTree::own_place(std::uint32_t position, std::uint64_t state) {
  while (position / kLeafRows >> (kBranchBits * levels_) != 0) {
    auto* const above = new Branch(state);
    above->children[0] = root_;
    root_ = above;
    ++levels_;
  }
  RowNode** place = &root_;
  for (unsigned level = levels_; level != 0; --level) {
    place = &own_branch(*place, level, state).children[child_index(position, level)];
  }
  return *place;
}

Leaf& RowTree::leaf_to_append(std::uint32_t size, std::uint32_t more, std::uint64_t state) {
  const std::uint32_t rows = size % kLeafRows;
  if (rows != 0) {
    auto& last = const_cast<Leaf&>(leaf(size - 1));  // No state sees what lies behind its rows.
    if (rows < last.capacity) { return last; }
  }
  RowNode*& place = own_place(size, state);
  const std::uint32_t capacity = std::bit_ceil(std::max(kSmallestLeaf, rows + 1 + more));
  Leaf* const leaf =
      copy_leaf(static_cast<const Leaf*>(place), rows, state, std::min(capacity, kLeafRows));
  release(place, 0);
  place = leaf;
  return *leaf;
}

Leaf& RowTree::leaf_to_change(std::uint32_t position, std::uint32_t size, std::uint64_t state) {
  RowNode*& place = own_place(position, state);
  auto* leaf = static_cast<Leaf*>(place);
  if (leaf->made_for != state) {
    const std::uint32_t rows = std::min(size - position / kLeafRows * kLeafRows, kLeafRows);
    leaf = copy_leaf(leaf, rows, state, leaf->capacity);
    release(place, 0);
    place = leaf;
  }
  return *leaf;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
