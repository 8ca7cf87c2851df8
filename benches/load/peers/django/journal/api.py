"""Its API: registering, signing in, and check-ins that only their owner sees."""

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.urls import include, path
from rest_framework import generics, mixins, pagination, permissions, routers, serializers, viewsets
from rest_framework_simplejwt.views import TokenObtainPairView

from journal.models import CheckIn


class UserSerializer(serializers.ModelSerializer):
    email = serializers.EmailField(write_only=True)
    password = serializers.CharField(write_only=True, min_length=12, max_length=200)

    class Meta:
        model = get_user_model()
        fields = ["id", "email", "password"]

    def create(self, data):
        email, password = data["email"], make_password(data["password"])
        return get_user_model().objects.create(username=email, email=email, password=password)


class CheckInSerializer(serializers.ModelSerializer):
    class Meta:
        model = CheckIn
        exclude = ["owner"]


class Newest(pagination.CursorPagination):
    """Counts no total."""

    ordering = ("-local_date", "-id")
    page_size = 30
    page_size_query_param = "limit"
    max_page_size = 100


class Register(generics.CreateAPIView):
    serializer_class = UserSerializer
    permission_classes = [permissions.AllowAny]
    authentication_classes = []


class CheckIns(mixins.CreateModelMixin, mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    serializer_class = CheckInSerializer
    pagination_class = Newest

    def get_queryset(self):
        return CheckIn.objects.filter(owner=self.request.user)

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)


router = routers.SimpleRouter(trailing_slash=False)
router.register("check-ins", CheckIns, basename="check-in")
urlpatterns = [
    path("auth/register", Register.as_view()),
    path("auth/login", TokenObtainPairView.as_view()),
    path("", include(router.urls)),
]
