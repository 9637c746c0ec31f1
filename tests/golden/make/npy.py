# Writes tests/golden/npy/*.npy: the array a[i, j] = 10 i + j - 3 of 3 rows and 4 columns in each type, order and
# format version that read_npy supports, as NumPy writes it.
# Run from the root of the repository; needs numpy:  python3 tests/golden/make/npy.py
import os

import numpy as np

folder = "tests/golden/npy"
os.makedirs(folder, exist_ok=True)
a = np.array([[10 * i + j - 3 for j in range(4)] for i in range(3)])


def write(name, array, version=(1, 0)):
    with open(f"{folder}/{name}.npy", "wb") as file:
        np.lib.format.write_array(file, array, version)


for kind in ["<f2", ">f2", "<f4", "<f8", ">f4", ">f8", "<i1", "<i2", "<i4", "<i8", ">i2", ">i8"]:
    write(kind.replace("<", "little_").replace(">", "big_"), a.astype(kind))
for kind in ["u1", "u2", "u4", "u8"]:
    write(kind, abs(a).astype(kind))
write("bool", a > 10)
write("fortran", np.asfortranarray(a.astype("<f8")))
write("fortran_f4", np.asfortranarray(a.astype("<f4")))
write("version_2", a.astype("<f8"), (2, 0))
write("version_3", a.astype("<f8"), (3, 0))
write("list", a[1].astype("<f8"))
write("empty", np.zeros((0, 4)))
# The 80-bit long double of x86, which NumPy stores in 16 bytes; on other machines f16 is another type.
tenths = (a / np.longdouble(10)).astype("<f16")
tenths.view(np.uint8).reshape(3, 4, 16)[:, :, 10:] = 0  # padding, which is undefined
write("x86_f16", tenths)
write("f2", np.array([[1, 2, 3], [4, 5, 6.5]], "<f2"))
write("special", np.array([np.inf, -np.inf, np.nan, 0.1, 5e-324]))

# The output of write_npy must equal these files byte for byte.
write("written_matrix", np.asfortranarray(a.astype("<f4")))
write("written_list", a[1].astype("<f8"))
