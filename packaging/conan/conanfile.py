import os

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy


class DescentConan(ConanFile):
    """Installs the headers of the checkout that it is in: conan create packaging/conan -o with_io=True"""

    name = "descent"
    version = "0.1.0"
    description = "Neural networks over Eigen, header-only"
    license = "MIT"
    package_type = "header-library"
    settings = "os", "compiler", "build_type", "arch"
    options = {"with_io": [True, False], "with_gzip": [True, False], "with_onnx": [True, False]}
    default_options = {"with_io": False, "with_gzip": False, "with_onnx": False}
    no_copy_source = True

    def export_sources(self):
        root = os.path.join(self.recipe_folder, "..", "..")
        copy(self, "include/*", root, self.export_sources_folder)
        copy(self, "LICENSE", root, self.export_sources_folder)

    def requirements(self):
        self.requires("eigen/3.4.0", transitive_headers=True)
        if self.options.with_io:
            self.requires("nlohmann_json/3.11.3", transitive_headers=True)
        if self.options.with_gzip:
            self.requires("zlib/[>=1.2.11 <2]", transitive_headers=True)
        if self.options.with_onnx:
            self.requires("protozero/1.7.1", transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 20)

    def package_id(self):
        self.info.clear()

    def package(self):
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"), os.path.join(self.package_folder, "include"))
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_file_name", "descent")
        components = {"descent": ["eigen::eigen"]}
        if self.options.with_io:
            components["io"] = ["nlohmann_json::nlohmann_json"]
        if self.options.with_gzip:
            components["gzip"] = ["zlib::zlib"]
        if self.options.with_onnx:
            components["onnx"] = ["protozero::protozero"]
        for name, needs in components.items():
            component = self.cpp_info.components[name]
            component.set_property("cmake_target_name", f"descent::{name}")
            component.requires = needs + ([] if name == "descent" else ["descent"])
            component.bindirs = []
            component.libdirs = []
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.components["descent"].system_libs = ["pthread"]
