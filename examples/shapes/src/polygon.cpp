#include <shapes/polygon.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <utility>

namespace shapes {
namespace {

// Calls edge(from, to) for every side of the ring, the one from the last point to the first included.
template <class Edge>
void for_each_edge(const Ring &ring, Edge edge) {
    for (std::size_t i = 0, last = ring.size() - 1; i < ring.size(); last = i++)
        edge(ring[last], ring[i]);
}

double area_of(const Ring &ring) {
    double twice = 0;
    for_each_edge(ring, [&](Point a, Point b) { twice += a.x * b.y - b.x * a.y; });
    return std::abs(twice) / 2;
}

double length_of(const Ring &ring) {
    double length = 0;
    for_each_edge(ring, [&](Point a, Point b) { length += std::hypot(b.x - a.x, b.y - a.y); });
    return length;
}

// Counts the sides of the ring that a ray from the point to the right crosses.
int crossings(const Ring &ring, Point point) {
    int count = 0;
    for_each_edge(ring, [&](Point a, Point b) {
        if ((a.y > point.y) == (b.y > point.y))
            return;
        const double x = a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x);
        if (point.x < x)
            ++count;
    });
    return count;
}

}  // namespace

Polygon::Polygon(std::vector<Ring> rings) : rings_(std::move(rings)) {
    if (rings_.empty())
        throw std::invalid_argument("a polygon has at least one ring");
    for (Ring &ring : rings_) {
        const bool closed = ring.size() > 1 && ring.front().x == ring.back().x && ring.front().y == ring.back().y;
        if (closed)
            ring.pop_back();
        if (ring.size() < 3)
            throw std::invalid_argument("a ring has at least three points");
    }
}

double Polygon::area() const {
    double area = area_of(rings_.front());
    for (std::size_t i = 1; i < rings_.size(); ++i)
        area -= area_of(rings_[i]);
    return area;
}

double Polygon::perimeter() const {
    double length = 0;
    for (const Ring &ring : rings_)
        length += length_of(ring);
    return length;
}

Box Polygon::bounds() const {
    const Ring &outer = rings_.front();
    Box box{outer.front(), outer.front()};
    for (const Point point : outer) {
        box.low = {std::min(box.low.x, point.x), std::min(box.low.y, point.y)};
        box.high = {std::max(box.high.x, point.x), std::max(box.high.y, point.y)};
    }
    return box;
}

bool Polygon::contains(Point point) const {
    int count = 0;
    for (const Ring &ring : rings_)
        count += crossings(ring, point);
    return count % 2 == 1;
}

const char *version() { return SHAPES_VERSION; }

}  // namespace shapes
