// Under the address sanitizer, too, asking for more memory than there is throws, and does not end the program.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
