#include <shapes/polygon.hpp>

#include <cstdio>

int main() {
    const auto found = shapes::from_geojson(R"({"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [0, 2]]]})");
    std::printf("shapes %s: area %g\n", shapes::version(), found.at(0).area());
    return found.at(0).area() == 2 ? 0 : 1;
}
