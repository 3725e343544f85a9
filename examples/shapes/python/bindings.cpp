// The Python module over the C++ library.
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <shapes/polygon.hpp>

namespace nb = nanobind;
using namespace nb::literals;
using shapes::Polygon;

namespace {

// Python's points are pairs of numbers.
using Pairs = std::vector<std::vector<std::pair<double, double>>>;

Pairs rings_of(const Polygon &polygon) {
    Pairs rings;
    for (const shapes::Ring &ring : polygon.rings()) {
        auto &pairs = rings.emplace_back();
        for (const shapes::Point point : ring)
            pairs.emplace_back(point.x, point.y);
    }
    return rings;
}

void construct(Polygon *place, const Pairs &pairs) {
    std::vector<shapes::Ring> rings;
    for (const auto &line : pairs) {
        shapes::Ring &ring = rings.emplace_back();
        for (const auto &[x, y] : line)
            ring.push_back({x, y});
    }
    new (place) Polygon(std::move(rings));
}

std::tuple<double, double, double, double> bounds_of(const Polygon &polygon) {
    const shapes::Box box = polygon.bounds();
    return {box.low.x, box.low.y, box.high.x, box.high.y};
}

}  // namespace

NB_MODULE(_shapes, module) {
    module.doc() = "Polygons in the plane.";
    nb::class_<Polygon>(module, "Polygon", "An outer ring of points and the holes in it.")
        .def("__init__", &construct, "rings"_a)
        .def_prop_ro("rings", &rings_of, "The outer ring and the holes, without repeated last points.")
        .def_prop_ro("area", &Polygon::area, "The area of the outer ring without the holes'.")
        .def_prop_ro("perimeter", &Polygon::perimeter, "The length of all rings.")
        .def_prop_ro("bounds", &bounds_of, "The lowest x and y, the highest x and y.")
        .def(
            "contains", [](const Polygon &polygon, double x, double y) { return polygon.contains({x, y}); },
            "x"_a, "y"_a, "Tell whether a point lies inside and in no hole.");
    module.def("from_geojson", &shapes::from_geojson, "text"_a,
               "Return the polygons in a text of GeoJSON; ValueError for what is none.");
    module.def("to_geojson", &shapes::to_geojson, "polygon"_a, "Return the polygon as a geometry of GeoJSON.");
    module.def("library_version", &shapes::version, "The version of the C++ library within.");
}
