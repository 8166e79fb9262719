"""An array library like NumPy that refuses to mix with NumPy, as CuPy does. For tests only.

A machine without a GPU cannot run CuPy, but most mistakes that code makes with CuPy are of one
kind: a NumPy array slips in among the GPU's. Here such a mixture raises TypeError, so a plain
machine sees it. Arrays hold a NumPy array inside and show it to nobody but ``get()``.

Each call is also put before CuPy itself, where it is installed: with arrays of the same shapes and
dtypes that have no memory behind them. CuPy checks what it is asked, and only then finds that there
is no GPU; what it refuses before that is refused here.

What costs time on a GPU is counted: ``launched`` has the name of each call that would start work
there, and ``waited`` of each that would wait for it.
"""

import functools
import inspect
import operator

import numpy as np

from nnhelpers.support.devices import _has_nvidia_driver

try:
    import cupy  # imports without a GPU, and knows its own functions' names
except ImportError:
    cupy = None

__version__ = "0"
launched, waited = [], []
one_launch_for_a_chain = True
_fusing = False  # inside of a chain that CuPy would make one launch of
_asked = set()  # the kinds of calls that CuPy has taken
_VIEWS = "ravel reshape squeeze swapaxes transpose broadcast_to expand_dims tolist".split()
_SCALARS = (bool, int, float, complex, np.generic, str, type(None), slice, type(Ellipsis), np.dtype)


def _inside(value):
    """Unwrap arguments; refuse NumPy arrays."""
    if isinstance(value, ndarray):
        return value._array
    if isinstance(value, (tuple, list)):
        return type(value)(_inside(item) for item in value)
    if isinstance(value, _SCALARS) or isinstance(value, type):
        return value
    raise TypeError(f"Unsupported type {type(value)}")


def _outside(value):
    """Wrap results; like CuPy's, reductions give arrays of no dimensions, not scalars."""
    if isinstance(value, (np.ndarray, np.generic)):
        return ndarray(np.asarray(value))
    if isinstance(value, (tuple, list)):
        return type(value)(_outside(item) for item in value)
    return value


def _call(name, numpys, cupys, args, kwargs):
    """Make a call as NumPy does, count it, and see that CuPy takes it."""
    result = numpys(*_inside(args), **{key: _inside(value) for key, value in kwargs.items()})
    _launch(name)
    if cupy is not None and not _has_driver():
        _ask_cupy(name, cupys, args, kwargs)
    return _outside(result)


def _launch(name):
    if not _fusing and name not in _VIEWS:
        launched.append(name)


_has_driver = functools.cache(_has_nvidia_driver)


def _ask_cupy(name, call, args, kwargs):
    """Raise TypeError if CuPy refuses the call; that it finds no GPU, or no cuBLAS, is all right."""
    kind = name, _kind(args), _kind(kwargs)
    if kind in _asked:
        return
    try:
        call(*placeholders(args), **placeholders(kwargs))
    except (cupy.cuda.runtime.CUDARuntimeError, ImportError):
        pass
    except Exception as error:
        raise TypeError(f"CuPy refuses {name}: {type(error).__name__}: {error}") from error
    _asked.add(kind)


def _kind(value):
    """What CuPy's answer depends on: not the numbers in arrays, and hardly their sizes."""
    if isinstance(value, ndarray):
        inside = value._array
        return str(inside.dtype), inside.ndim, 0 in inside.shape, inside.flags.c_contiguous
    if isinstance(value, (tuple, list)):
        return type(value), *map(_kind, value)
    if isinstance(value, dict):
        return *value, *map(_kind, value.values())
    return type(value) if isinstance(value, (int, float, complex, slice)) else repr(value)


def placeholders(value):
    """The same with arrays that CuPy takes for its own: memory that is nobody's, and not read."""
    if isinstance(value, ndarray):
        inside = value._array
        nobodys = cupy.cuda.UnownedMemory(4096, inside.nbytes, None, device_id=0)
        return cupy.ndarray(
            inside.shape, inside.dtype, cupy.cuda.MemoryPointer(nobodys, 0), inside.strides
        )
    if isinstance(value, (tuple, list)):
        return type(value)(placeholders(item) for item in value)
    if isinstance(value, dict):
        return {key: placeholders(item) for key, item in value.items()}
    return value


def _waits(name):
    """A method by which an array's contents come to the host: it has to wait for them."""

    def method(self):
        waited.append(name)
        return self._array.copy() if name == "get" else getattr(self._array, name)()

    return method


def fuse(chain):
    """CuPy's: the chain's calls are one launch; it takes arrays and numbers by their positions."""

    @functools.wraps(chain)
    def fused(*args):
        global _fusing
        if not one_launch_for_a_chain:
            return chain(*args)
        _launch(chain.__name__)
        before, _fusing = _fusing, True
        try:
            return chain(*args)
        finally:
            _fusing = before

    return fused


class ndarray:
    """See the module. The name is CuPy's."""

    __array_ufunc__ = None  # NumPy's operators leave the work to ours, which refuse

    def __init__(self, array):
        self._array = array

    def __array__(self, *args, **kwargs):
        raise TypeError("Implicit conversion to a NumPy array is not allowed: use .get()")

    get = _waits("get")
    __float__, __int__, __bool__, __complex__ = map(
        _waits, "__float__ __int__ __bool__ __complex__".split()
    )

    dtype = property(lambda self: self._array.dtype)
    shape = property(lambda self: self._array.shape)
    ndim = property(lambda self: self._array.ndim)
    size = property(lambda self: self._array.size)
    T = property(lambda self: ndarray(self._array.T))
    real = property(lambda self: ndarray(self._array.real))
    imag = property(lambda self: ndarray(self._array.imag))

    def __getitem__(self, index):
        parts = index if isinstance(index, tuple) else (index,)
        if any(isinstance(part, (ndarray, list)) for part in parts):
            return _call("take", operator.getitem, operator.getitem, (self, index), {})
        return _outside(self._array[_inside(index)])

    def __setitem__(self, index, value):
        _call("set", operator.setitem, operator.setitem, (self, index, value), {})

    def __len__(self):
        return len(self._array)

    def __iter__(self):
        return (_outside(item) for item in self._array)

    def __repr__(self):
        return f"strict {self._array!r}"


def _method(name):
    """A method of NumPy's array that takes and gives ours."""

    def call(array, *args, **kwargs):
        return getattr(array, name)(*args, **kwargs)

    def method(self, *args, **kwargs):
        return _call(name, call, call, (self, *args), kwargs)

    return method


for _name in """all any argmax argsort astype clip copy cumsum dot fill flatten max mean min nonzero
        prod ravel repeat reshape squeeze std sum swapaxes take tolist transpose var""".split():
    setattr(ndarray, _name, _method(_name))


def _operator(name, reflected=False):
    """An operator of one array, or of an array and something else."""
    call = getattr(operator, name)

    def method(self, *other):
        args = (*other, self) if reflected else (self, *other)
        return _call(call.__name__, call, call, args, {})

    return method


def _in_place(name):
    call = getattr(operator, name)

    def method(self, other):
        _call(call.__name__, call, call, (self, other), {})
        return self

    return method


for _name in "add sub mul truediv floordiv mod pow matmul and or xor".split():
    setattr(ndarray, f"__{_name}__", _operator(f"__{_name}__"))
    setattr(ndarray, f"__r{_name}__", _operator(f"__{_name}__", reflected=True))
    setattr(ndarray, f"__i{_name}__", _in_place(f"__i{_name}__"))

for _name in "lt le gt ge eq ne neg pos abs invert".split():
    setattr(ndarray, f"__{_name}__", _operator(f"__{_name}__"))


def asarray(value, dtype=None):
    """The one way in: NumPy arrays, numbers and lists become ours."""
    _launch("asarray")
    if isinstance(value, ndarray):
        value = value._array
    return ndarray(np.array(value, dtype=dtype))


class _Generator:
    """What CuPy's random generator has of NumPy's: no normal, permutation, shuffle or choice."""

    def __init__(self, seed):
        self._generator = np.random.default_rng(seed)

    def random(self, size=None, dtype="float64"):
        _launch("random")
        return _outside(self._generator.random(size, dtype=np.dtype(dtype)))


class random:
    default_rng = staticmethod(_Generator)


def __getattr__(name):
    """Any other function: NumPy's, with our arrays going in and out, if CuPy has it too."""
    theirs = getattr(np, name, None)
    if theirs is None or name.startswith("__"):
        raise AttributeError(name)
    if cupy is not None and not hasattr(cupy, name):
        raise AttributeError(f"CuPy has no function {name!r}")
    if not callable(theirs) or inspect.isclass(theirs):
        return theirs

    def function(*args, **kwargs):
        return _call(name, theirs, getattr(cupy, name, None), args, kwargs)

    function.__name__ = name
    globals()[name] = function  # the same one next time, as in any module
    return function
