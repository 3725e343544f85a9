#include <shapes/polygon.hpp>

#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

namespace shapes {
namespace {

using nlohmann::json;

Polygon polygon_from(const json &coordinates) {
    std::vector<Ring> rings;
    for (const json &line : coordinates) {
        Ring &ring = rings.emplace_back();
        for (const json &position : line)
            ring.push_back({position.at(0).get<double>(), position.at(1).get<double>()});
    }
    return Polygon(std::move(rings));
}

void collect(const json &object, std::vector<Polygon> &found) {
    const std::string &type = object.at("type").get_ref<const std::string &>();
    if (type == "Polygon") {
        found.push_back(polygon_from(object.at("coordinates")));
    } else if (type == "MultiPolygon") {
        for (const json &coordinates : object.at("coordinates"))
            found.push_back(polygon_from(coordinates));
    } else if (type == "Feature") {
        // A feature without a place has a null here.
        if (const json &geometry = object.at("geometry"); !geometry.is_null())
            collect(geometry, found);
    } else if (type == "FeatureCollection") {
        for (const json &feature : object.at("features"))
            collect(feature, found);
    } else if (type == "GeometryCollection") {
        for (const json &geometry : object.at("geometries"))
            collect(geometry, found);
    }
}

json position(Point point) { return json::array({point.x, point.y}); }

}  // namespace

std::vector<Polygon> from_geojson(std::string_view text) {
    try {
        std::vector<Polygon> found;
        collect(json::parse(text), found);
        return found;
    } catch (const json::exception &error) {
        throw std::invalid_argument(std::string("no GeoJSON: ") + error.what());
    }
}

std::string to_geojson(const Polygon &polygon) {
    json coordinates = json::array();
    for (const Ring &ring : polygon.rings()) {
        json line = json::array();
        for (const Point point : ring)
            line.push_back(position(point));
        line.push_back(position(ring.front()));
        coordinates.push_back(std::move(line));
    }
    return json{{"type", "Polygon"}, {"coordinates", std::move(coordinates)}}.dump();
}

}  // namespace shapes
